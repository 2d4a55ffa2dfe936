import type pg from 'pg';
import type { StatementKinds } from './types.mjs';

export const typeormKindNames: readonly string[];

/** The kinds of statements by TypeORM, over a connection manager. */
export function openTypeOrmKinds(connections: object): Promise<StatementKinds>;

/** The same on any pool: for negative controls. */
export function openTypeOrmKindsOver(pool: pg.Pool): Promise<StatementKinds>;
