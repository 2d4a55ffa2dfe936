import pg from 'pg';
import { Admission } from '../admission/admission.js';
import type { Applicant } from '../admission/ticket.js';
import { TimeLimit } from '../admission/time-limit.js';
import { ConnectionClosedError } from '../errors.js';
import { Connection, type Checkout, type Lender } from './connection.js';
import { ContextFreeClient, type PooledClient } from './context-free-client.js';
import { openingError } from './typed-errors.js';

/** Settings of one pool, checked and complete. */
export interface PlacementPoolOptions {
  /** What node-postgres is given. */
  readonly config: pg.PoolConfig;
  readonly max: number;
  readonly maxQueue: number;
  /** 0 waits for ever. */
  readonly connectionTimeoutMs: number;
}

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool implements Lender {
  readonly pool: pg.Pool;
  readonly config: pg.PoolConfig;
  readonly max: number;
  readonly #admission: Admission;
  readonly #timeLimit: TimeLimit;
  #closed = false;

  constructor(
    { config, max, maxQueue, connectionTimeoutMs }: PlacementPoolOptions,
    onError: (error: Error) => void,
  ) {
    this.config = config;
    this.max = max;
    this.#admission = new Admission({ max, maxQueue });
    this.#timeLimit = new TimeLimit(connectionTimeoutMs);
    this.pool = new pg.Pool({
      ...config,
      max,
      connectionTimeoutMillis: 0,
      // pg-pool would set a timer for each statement; waiting is timed here, connecting in there.
      Client: class extends ContextFreeClient {
        constructor(clientConfig?: pg.ClientConfig) {
          super({ ...clientConfig, connectionTimeoutMillis: connectionTimeoutMs });
        }
      },
    });
    // Without a listener the loss of an idle connection ends the process.
    this.pool.on('error', onError);
  }

  /** Statements and transactions that wait for a connection. */
  get waitingCount(): number {
    return this.#admission.waiting;
  }

  /** Connections that a tenant has in use. */
  inFlight(tenantId: string): number {
    return this.#admission.inFlight(tenantId);
  }

  /**
   * Lends a connection when the applicant's turn has come. The callback runs in the context of
   * whoever gave one back.
   */
  checkout(applicant: Applicant, callback: Checkout): void {
    if (this.#closed) return callback(new ConnectionClosedError(), undefined);
    const connection = new Connection(applicant, this, callback);
    this.#timeLimit.add(connection);
    try {
      this.#admission.request(connection);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.refuse(connection, error);
    }
  }

  open(connection: Connection): void {
    this.pool.connect((error, client, giveBack) => {
      const inTime = this.#timeLimit.remove(connection);
      if (!client) {
        this.#admission.release(connection);
        if (inTime) connection.answer(openingError(error), undefined);
        return;
      }
      connection.lend(client as PooledClient, giveBack);
      if (inTime) connection.answer(undefined, connection);
      else connection.release();
    });
  }

  refuse(connection: Connection, error: Error): void {
    this.#admission.cancel(connection);
    if (this.#timeLimit.remove(connection)) connection.answer(error, undefined);
  }

  takeBack(connection: Connection): void {
    this.#admission.release(connection);
  }

  /** Refuses who waits, lets what runs finish for so long, and then closes what is still lent. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#closed = true;
    const ended = this.pool.end();
    this.#timeLimit.refuseAll(new ConnectionClosedError());
    const timer = setTimeout(() => {
      for (const connection of this.#admission.active) connection.abort();
    }, drainTimeoutMs);
    await ended;
    clearTimeout(timer);
  }
}
