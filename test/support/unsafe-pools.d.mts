import type { EventEmitter } from 'node:events';
import type pg from 'pg';

/** A pool that mixes tenants up, with the interface of a `pg.Pool`. */
declare class UnsafePool extends EventEmitter {
  constructor(connectionString: string);
  query(input: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult>;
  connect(): Promise<pg.PoolClient>;
  end(callback?: () => void): Promise<void>;
}

/** Sets the search path on one connection, and sends the statement on another. */
export class TwoConnectionsPool extends UnsafePool {}

/** Sets it on the right connection, in a round trip of its own: a pooler may come in between. */
export class SearchPathPool extends UnsafePool {}

/** Sets nothing. */
export class PlainPool extends UnsafePool {}
