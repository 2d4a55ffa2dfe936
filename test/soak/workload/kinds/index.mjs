import { misuse } from './misuse.mjs';
import { pressure } from './pressure.mjs';
import { reads } from './reads.mjs';
import { writes } from './writes.mjs';

/**
 * Kinds of work. Each has a name, a weight (how often it comes up, against the others), `run`, and
 * where it applies `provokes` (what the server may say to it) and `outside` (whether it runs without
 * a tenant in context).
 */
export const KINDS = [...reads, ...writes, ...misuse, ...pressure];
