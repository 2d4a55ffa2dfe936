import pg from 'pg';
import { Admission } from '../admission/admission.js';
import type { ConnectionRequest } from '../admission/connection-request.js';
import { TimeLimit } from '../admission/time-limit.js';
import { contained } from '../contained.js';
import { ConnectionClosedError } from '../errors.js';
import {
  Checkout,
  type CheckoutCallback,
  type CheckoutOptions,
  type CheckoutPool,
  type PooledConnection,
} from './checkout.js';
import { ContextFreeClient, type ClientOptions, type PooledClient } from './context-free-client.js';
import { connectError } from './connect-error.js';
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

/** For how long a connection goes from one to the next, at most, before node-postgres' pool gets it back. */
const HANDED_ON_MS = 10_000;

/** For how long a connection that nobody uses is kept from that pool, which closes unused ones. */
const SPARE_MS = 1_000;

/** As node-postgres' pool names them. */
export type PoolLimits = Readonly<
  Pick<
    pg.PoolOptions,
    'max' | 'min' | 'maxUses' | 'allowExitOnIdle' | 'maxLifetimeSeconds' | 'idleTimeoutMillis'
  >
>;

/** What a pool has, and what is asked of it. */
export interface PoolCounts {
  /** Open connections, in use or not. */
  readonly total: number;
  /** Open connections that nobody uses. */
  readonly idle: number;
  /** Statements and transactions that wait for a connection. */
  readonly waiting: number;
  /** Connections that are too old, and are closed when they are released. */
  readonly expired: number;
}

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool implements CheckoutPool {
  readonly max: number;
  readonly #pool: pg.Pool;
  readonly #admission: Admission;
  readonly #timeLimit: TimeLimit;
  readonly #spares: SpareConnections;
  /** All that have a socket: in use or not, being opened or being closed. */
  readonly #clients = new Set<ContextFreeClient>();
  /** Those for which one is being opened. */
  readonly #opening = new Set<Checkout>();
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

  get counts(): PoolCounts {
    return {
      total: this.#pool.totalCount,
      idle: this.#pool.idleCount + this.#spares.count,
      waiting: this.#admission.waiting,
      expired: this.#pool.expiredCount,
    };
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
   * Checks a connection out when it is its turn. The callback runs in the context of whoever released
   * one.
   */
  checkout(options: CheckoutOptions, callback: CheckoutCallback): void {
    if (this.#closed) return callback(new ConnectionClosedError(), undefined);
    const checkout = new Checkout(options, this, callback);
    try {
      this.#admission.submit(checkout);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.refuse(checkout, error);
    }
    if (!checkout.answered) this.#timeLimit.watch();
  }

  open(checkout: Checkout): void {
    const spare = this.#spares.take(checkout);
    if (spare) return checkout.acquire(spare);
    this.#opening.add(checkout);
    try {
      this.#pool.connect((error, client, release) => {
        if (!client) return this.#fail(checkout, error);
        this.#opening.delete(checkout);
        const now = performance.now();
        checkout.acquire({ client: client as PooledClient, release, since: now, lastUsed: now });
      });
    } catch (error) {
      this.#fail(checkout, error);
    }
  }

  #fail(checkout: Checkout, error: unknown): void {
    this.#opening.delete(checkout);
    this.#admission.release(checkout);
    checkout.answer(connectError(error));
  }

  refuse(checkout: Checkout, error: Error): void {
    this.#admission.cancel(checkout);
    checkout.answer(error);
  }

  *#unanswered(): Iterable<ConnectionRequest> {
    yield* this.#admission.queued();
    for (const checkout of this.#opening) if (!checkout.answered) yield checkout;
  }

  suits(checkout: Checkout): boolean {
    // Where none is spare, one will be opened, which is as good for anybody.
    return this.#spares.count === 0 || this.#spares.suit(checkout);
  }

  release(
    checkout: Checkout,
    connection: PooledConnection,
    error: Error | boolean | undefined,
  ): void {
    connection.lastUsed = checkout.lastUsed;
    const tooLong = connection.lastUsed - connection.since >= this.#handedOnMs;
    if (error || tooLong || this.#closed || connection.client.lost) connection.release(error);
    else this.#spares.keep(connection);
    this.#admission.release(checkout);
  }

  /** Refuses who waits, lets what runs finish for so long, and then closes what is still in use. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#spares.returnAll();
    const ended = this.#pool.end();
    this.#timeLimit.stop();
    for (const request of this.#unanswered()) request.refuse(new ConnectionClosedError());
    const timer = setTimeout(() => {
      for (const request of this.#admission.active) request.abort();
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
