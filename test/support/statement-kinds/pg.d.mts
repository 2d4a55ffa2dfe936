import type pg from 'pg';
import type { StatementKinds } from './types.mjs';

export const pgKindNames: readonly string[];

/** The kinds of statements by node-postgres, over a connection manager. */
export function openPgKinds(connections: object): Promise<StatementKinds>;

/** The same on any pool: for negative controls. */
export function openPgKindsOver(pool: pg.Pool): Promise<StatementKinds>;
