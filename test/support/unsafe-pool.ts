import { EventEmitter } from 'node:events';
import pg from 'pg';
import { tryCurrentTenant } from '@mt/runtime';

/**
 * How not to do it: the search path is set on one connection of the pool, and the statement goes to
 * whichever comes next. It shows that the harness finds leaks where there are some.
 */
export class UnsafePool extends EventEmitter {
  readonly #pool: pg.Pool;

  constructor(connectionString: string) {
    super();
    this.#pool = new pg.Pool({ connectionString, max: 5 });
    this.#pool.on('error', (error) => this.emit('error', error));
  }

  async query(input: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    await this.#enter(this.#pool);
    return this.#pool.query(unmarked(input), values);
  }

  connect(
    callback?: (error: unknown, client?: pg.PoolClient, release?: () => void) => void,
  ): Promise<pg.PoolClient> {
    const connecting = this.#connect();
    if (callback)
      connecting.then((client) => callback(undefined, client, () => client.release()), callback);
    return connecting;
  }

  async #connect(): Promise<pg.PoolClient> {
    // On one connection …
    await this.#enter(this.#pool);
    // … and another is used.
    const client = await this.#pool.connect();
    return new Proxy(client, {
      get(target, key) {
        if (key === 'query') {
          return (input: string | pg.QueryConfig, ...rest: []) =>
            target.query(unmarked(input), ...rest);
        }
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async #enter(pool: pg.Pool): Promise<void> {
    const tenant = tryCurrentTenant();
    if (tenant) await pool.query(`set search_path to ${tenant.schema}`);
  }

  end(callback?: () => void): Promise<void> {
    const ended = this.#pool.end();
    if (callback) void ended.then(callback);
    return ended;
  }
}

function unmarked<T extends string | pg.QueryConfig>(input: T): T {
  if (typeof input !== 'string') return { ...(input as object), text: unmarked(input.text) } as T;
  return input.replaceAll('"$tenant".', '') as T;
}
