import type pg from 'pg';
import type { StatementKinds } from './types.mjs';

export const drizzleKindNames: readonly string[];

/** The kinds of statements by Drizzle, over a connection manager. */
export function openDrizzleKinds(connections: object): Promise<StatementKinds>;

/** The same on any pool: for negative controls. */
export function openDrizzleKindsOver(pool: pg.Pool): Promise<StatementKinds>;
