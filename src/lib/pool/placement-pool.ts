import pg from 'pg';
import { Admission } from '../admission/admission.js';
import type { Ticket } from '../admission/ticket.js';
import { TimeLimit } from '../admission/time-limit.js';
import { contained } from '../contained.js';
import { ConnectionClosedError } from '../errors.js';
import { Connection, type Borrower, type Checkout, type Lender, type Loan } from './connection.js';
import { ContextFreeClient, type ClientOptions, type PooledClient } from './context-free-client.js';
import { openingError } from './opening-error.js';
import type { PreparedStatementLimits } from './prepared-statements.js';
import { SpareConnections } from './spare-connections.js';

/** Settings of one pool, checked and complete. */
export interface PlacementPoolOptions {
  /** What node-postgres is given. */
  readonly config: pg.PoolConfig;
  /** The same past any pooler, where there is another way. */
  readonly direct?: pg.ClientConfig;
  readonly max: number;
  readonly maxQueue: number;
  /** 0 waits for ever. */
  readonly connectionTimeoutMs: number;
  /** How many statements are kept prepared on each; undefined for none. */
  readonly prepared?: PreparedStatementLimits | undefined;
}

/** For how long a connection goes from one to the next, at most, before the pool gets it back. */
const HANDED_ON_MS = 10_000;

/** For how long a connection that nobody uses is kept from the pool, which closes unused ones. */
const SPARE_MS = 1_000;

/** As node-postgres' pool names them. */
export type PoolLimits = Readonly<
  Pick<
    pg.PoolOptions,
    'max' | 'min' | 'maxUses' | 'allowExitOnIdle' | 'maxLifetimeSeconds' | 'idleTimeoutMillis'
  >
>;

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool implements Lender {
  readonly max: number;
  readonly #pool: pg.Pool;
  readonly #admission: Admission;
  readonly #timeLimit: TimeLimit;
  readonly #spares: SpareConnections;
  /** All that have a socket: in use or not, being opened or being closed. */
  readonly #clients = new Set<ContextFreeClient>();
  /** Those for which one is being opened. */
  readonly #opening = new Set<Connection>();
  readonly #handedOnMs: number;
  #closed = false;

  constructor(
    { config, direct, max, maxQueue, connectionTimeoutMs, prepared }: PlacementPoolOptions,
    onError: (error: Error) => void,
  ) {
    this.max = max;
    this.#admission = new Admission({ max, maxQueue });
    this.#timeLimit = new TimeLimit(connectionTimeoutMs, () => this.#unanswered());
    this.#handedOnMs = handedOnMs(config);
    const { onConnect, verify, log, ...rest } = config;
    const clients = this.#clients;
    const options: ClientOptions = {
      config: rest,
      direct,
      connectionTimeoutMs,
      onConnect,
      verify,
      prepared,
    };
    this.#spares = new SpareConnections(
      Math.min(SPARE_MS, config.idleTimeoutMillis || SPARE_MS),
      onError,
    );
    this.#pool = new pg.Pool({
      ...rest,
      max,
      ...(log && { log: (...messages: unknown[]) => contained(() => log(...messages)) }),
      // pg-pool would set a timer for each statement; waiting is timed here, connecting in there.
      connectionTimeoutMillis: 0,
      Client: class extends ContextFreeClient {
        // pg-pool has hidden the password in what it passes here.
        constructor() {
          super(options);
          clients.add(this);
          this.on('end', () => clients.delete(this));
        }
      },
    });
    // Without a listener the loss of an idle connection ends the process.
    this.#pool.on('error', onError);
    this.#pool.on('connect', (client) => this.#spares.opened((client as PooledClient).number));
    this.#pool.on('remove', (client) => this.#spares.closed((client as PooledClient).number));
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

  /** Connections that were closed because of their age. */
  get expiredCount(): number {
    return this.#pool.expiredCount;
  }

  /** Whether it is being closed, or is closed. */
  get ending(): boolean {
    return this.#pool.ending;
  }

  get ended(): boolean {
    return this.#pool.ended;
  }

  /** What decides of its connections how many there are and for how long; nothing of who logs in. */
  get options(): PoolLimits {
    const { max, min, maxUses, allowExitOnIdle, maxLifetimeSeconds, idleTimeoutMillis } =
      this.#pool.options;
    return { max, min, maxUses, allowExitOnIdle, maxLifetimeSeconds, idleTimeoutMillis };
  }

  /** Tells of connections that are opened and closed. */
  onConnection(listener: (event: 'connect' | 'remove', client: pg.PoolClient) => void): void {
    for (const event of ['connect', 'remove'] as const) {
      this.#pool.on(event, (client: pg.PoolClient) => listener(event, client));
    }
  }

  /**
   * Has statements prepared anew: what they return may have changed.
   *
   * @param schema that they are about, quoted; undefined for all of them
   */
  forgetPrepared(schema: string | undefined): void {
    for (const { prepared } of this.#clients) {
      if (schema === undefined) prepared?.forgetAll();
      else prepared?.forgetSchema(schema);
    }
  }

  /** Connections that a tenant has in use. */
  inFlight(tenantId: string): number {
    return this.#admission.inFlight(tenantId);
  }

  /**
   * Lends a connection when the borrower's turn has come. The callback runs in the context of
   * whoever gave one back.
   */
  checkout(borrower: Borrower, callback: Checkout): void {
    if (this.#closed) return callback(new ConnectionClosedError(), undefined);
    const connection = new Connection(borrower, this, callback);
    try {
      this.#admission.request(connection);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.refuse(connection, error);
    }
    if (!connection.answered) this.#timeLimit.watch();
  }

  open(connection: Connection): void {
    const spare = this.#spares.take(connection);
    if (spare) return connection.lend(spare);
    this.#opening.add(connection);
    try {
      this.#pool.connect((error, client, giveBack) => {
        if (!client) return this.#fail(connection, error);
        this.#opening.delete(connection);
        const now = performance.now();
        connection.lend({ client: client as PooledClient, giveBack, since: now, lastUsed: now });
      });
    } catch (error) {
      this.#fail(connection, error);
    }
  }

  #fail(connection: Connection, error: unknown): void {
    this.#opening.delete(connection);
    this.#admission.release(connection);
    connection.answer(openingError(error));
  }

  refuse(connection: Connection, error: Error): void {
    this.#admission.cancel(connection);
    connection.answer(error);
  }

  *#unanswered(): Iterable<Ticket> {
    yield* this.#admission.queued();
    for (const connection of this.#opening) if (!connection.answered) yield connection;
  }

  suits(connection: Connection): boolean {
    // Where none is spare, one will be opened, which is as good for anybody.
    return this.#spares.count === 0 || this.#spares.suit(connection);
  }

  takeBack(connection: Connection, loan: Loan, error: Error | boolean | undefined): void {
    loan.lastUsed = connection.lastUsed;
    const tooLong = loan.lastUsed - loan.since >= this.#handedOnMs;
    if (error || tooLong || this.#closed || loan.client.lost) loan.giveBack(error);
    else this.#spares.keep(loan);
    this.#admission.release(connection);
  }

  /** Refuses who waits, lets what runs finish for so long, and then closes what is still lent. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#spares.returnAll();
    const ended = this.#pool.end();
    this.#timeLimit.stop();
    for (const ticket of this.#unanswered()) ticket.refuse(new ConnectionClosedError());
    const timer = setTimeout(() => {
      for (const connection of this.#admission.active) connection.abort();
      for (const client of this.#clients) client.destroy();
    }, drainTimeoutMs);
    await ended;
    clearTimeout(timer);
  }
}

/** It is the pool that closes connections which were used too often, or have become too old. */
function handedOnMs({ maxUses, maxLifetimeSeconds }: pg.PoolConfig): number {
  if (maxUses) return 0;
  const tenthOfLife = maxLifetimeSeconds ? maxLifetimeSeconds * 100 : Infinity;
  return Math.min(HANDED_ON_MS, tenthOfLife);
}
