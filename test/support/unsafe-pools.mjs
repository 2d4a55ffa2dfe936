import { EventEmitter } from 'node:events';
import pg from 'pg';
import { tryCurrentTenant } from '@mt/runtime';

/**
 * How not to do it, three times, with the interface of a `pg.Pool`. The marker is taken out of the
 * texts, so that the search path decides.
 */
class UnsafePool extends EventEmitter {
  /** Statements that were sent, without those that set the search path. */
  statements = 0;
  #pool;
  #ended;

  constructor(connectionString) {
    super();
    // Work that needs a second connection while it has one would else wait for ever.
    this.#pool = new pg.Pool({ connectionString, max: 5, connectionTimeoutMillis: 2_000 });
    this.#pool.on('error', () => undefined);
  }

  get pool() {
    return this.#pool;
  }

  /** Is called before a client is lent. */
  async enter() {}

  /** Sends a statement on a client that was lent. */
  send(client, args) {
    this.statements++;
    return client.query(...args);
  }

  query(input, ...rest) {
    return this.#withClient((client) => client.query(input, ...rest));
  }

  async #withClient(work) {
    const client = await this.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  }

  connect(callback) {
    const connecting = this.#connect();
    if (callback) {
      void connecting.then(
        (client) => callback(undefined, client, () => client.release()),
        (error) => callback(error),
      );
    }
    return connecting;
  }

  async #connect() {
    await this.enter();
    const client = await this.#pool.connect();
    return new Proxy(client, {
      get: (target, key) => {
        if (key === 'query')
          return (input, ...rest) => this.send(target, [unmarked(input), ...rest]);
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  end(callback) {
    this.#ended ??= this.#pool.end();
    if (callback) void this.#ended.then(() => callback());
    return this.#ended;
  }
}

function unmarked(input) {
  if (typeof input === 'string') return input.replaceAll('"$tenant".', '');
  if (typeof input.submit !== 'function') return { ...input, text: unmarked(input.text) };
  // A cursor or a COPY, which is not copied; a query stream has a cursor that does its work.
  const holder = input.cursor ?? input;
  holder.text = unmarked(holder.text);
  return input;
}

function setSearchPath() {
  const tenant = tryCurrentTenant();
  return tenant && `set search_path to "${tenant.schema}"`;
}

/** Sets the search path on one connection, and sends the statement on another. */
export class TwoConnectionsPool extends UnsafePool {
  async enter() {
    const text = setSearchPath();
    if (text) await this.pool.query(text);
  }
}

/** Sets it on the right connection, in a round trip of its own: a pooler may come in between. */
export class SearchPathPool extends UnsafePool {
  send(client, args) {
    const text = setSearchPath();
    // node-postgres sends them in this order, each when the one before has been answered.
    if (text) client.query(text).catch(() => undefined);
    return super.send(client, args);
  }
}

/** Sets nothing. */
export class PlainPool extends UnsafePool {}
