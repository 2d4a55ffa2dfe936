import type pg from 'pg';
import type { StatementKinds } from './types.mjs';

export { fillText, nobodysText, strayText, TABLES } from './tables.mjs';
export type { OwnedRow, Random, StatementKind, StatementKinds } from './types.mjs';

export interface Library {
  /** What its kinds are called: known before it is opened. */
  readonly names: readonly string[];
  /** Opens it over a connection manager. */
  /** @param connections a ConnectionManager, of whichever build */
  open(connections: object): Promise<StatementKinds>;
  /** Opens it over any pool: for negative controls. */
  openOver(pool: pg.Pool): Promise<StatementKinds>;
}

/** Every way in which the libraries send statements through a pool. */
export const LIBRARIES: Readonly<Record<'pg' | 'drizzle' | 'typeorm' | 'kysely', Library>>;
