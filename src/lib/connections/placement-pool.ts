import pg from 'pg';
import { Admission } from '../admission/admission.js';
import type { Applicant } from '../admission/ticket.js';
import { TimeLimit } from '../admission/time-limit.js';
import { ConnectionClosedError } from '../errors.js';
import { Connection, type Checkout, type Lender, type Loan } from './connection.js';
import { ContextFreeClient, type PooledClient } from './context-free-client.js';
import { SpareConnections } from './spare-connections.js';
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

/**
 * For how long a connection goes from one to the next before the pool gets it back, which closes it
 * where it has become too old.
 */
const HANDED_ON_MS = 1_000;

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool implements Lender {
  readonly config: pg.PoolConfig;
  readonly max: number;
  readonly #pool: pg.Pool;
  readonly #admission: Admission;
  readonly #timeLimit: TimeLimit;
  readonly #spares = new SpareConnections();
  readonly #handedOnMs: number;
  #closed = false;

  constructor(
    { config, max, maxQueue, connectionTimeoutMs }: PlacementPoolOptions,
    onError: (error: Error) => void,
  ) {
    this.config = config;
    this.max = max;
    this.#admission = new Admission({ max, maxQueue });
    this.#timeLimit = new TimeLimit(connectionTimeoutMs);
    // Whoever limits how often a connection is lent has each loan counted by the pool.
    this.#handedOnMs = config.maxUses ? 0 : HANDED_ON_MS;
    this.#pool = new pg.Pool({
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
    this.#pool.on('error', onError);
  }

  /** Statements and transactions that wait for a connection. */
  get waitingCount(): number {
    return this.#admission.waiting;
  }

  /** Open connections, in use or not. */
  get totalCount(): number {
    return this.#pool.totalCount;
  }

  /** Open connections that nobody uses. */
  get idleCount(): number {
    return this.#pool.idleCount + this.#spares.count;
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
    const spare = this.#spares.take();
    if (spare) return this.#lend(connection, spare);
    this.#pool.connect((error, client, giveBack) => {
      if (client) {
        const since = performance.now();
        return this.#lend(connection, { client: client as PooledClient, giveBack, since });
      }
      this.#admission.release(connection);
      if (this.#timeLimit.remove(connection)) connection.answer(openingError(error), undefined);
    });
  }

  #lend(connection: Connection, loan: Loan): void {
    connection.lend(loan);
    if (this.#timeLimit.remove(connection)) connection.answer(undefined, connection);
    else connection.release();
  }

  refuse(connection: Connection, error: Error): void {
    this.#admission.cancel(connection);
    if (this.#timeLimit.remove(connection)) connection.answer(error, undefined);
  }

  takeBack(connection: Connection, loan: Loan, error: Error | boolean | undefined): void {
    const handsOn = !error && !this.#closed && connection.lastUsed - loan.since < this.#handedOnMs;
    if (handsOn) this.#spares.keep(loan);
    else loan.giveBack(error);
    this.#admission.release(connection);
  }

  /** Refuses who waits, lets what runs finish for so long, and then closes what is still lent. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#spares.returnAll();
    const ended = this.#pool.end();
    this.#timeLimit.refuseAll(new ConnectionClosedError());
    const timer = setTimeout(() => {
      for (const connection of this.#admission.active) connection.abort();
    }, drainTimeoutMs);
    await ended;
    clearTimeout(timer);
  }
}
