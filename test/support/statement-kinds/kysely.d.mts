import type pg from 'pg';
import type { StatementKinds } from './types.mjs';

export const kyselyKindNames: readonly string[];

/** The kinds of statements by Kysely, over a connection manager. */
export function openKyselyKinds(connections: object): Promise<StatementKinds>;

/** The same on any pool: for negative controls. */
export function openKyselyKindsOver(pool: pg.Pool): Promise<StatementKinds>;
