import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { contained } from '../contained.js';
import { outsideContext } from '../context.js';
import { ConfigurationError, RegistryWatchLostError, type TenancyErrorCode } from '../errors.js';
import { toError } from '../to-error.js';
import { CHANGES_ARE_NOTIFIED, checkPayload, parseChange } from './change-notifications.js';
import type { ControlDatabase } from './control-database.js';
import { Listener } from './listener.js';
import type { TenantCache } from './tenant-cache.js';
import { within } from './within.js';

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export interface TenantChangesOptions {
  readonly heartbeatMs: number;
  readonly timeoutMs: number;
  /** Told once for each time that listening fails, and again if it goes on for another reason. */
  readonly onLost: (error: RegistryWatchLostError | ConfigurationError) => unknown;
}

/**
 * Keeps a cache of tenants up with the database: has it forget what another process changed.
 * Listens on a connection of its own, and again when that is lost. Writes nothing, and needs no
 * privilege.
 */
export class TenantChanges {
  readonly #control: ControlDatabase;
  readonly #cache: TenantCache;
  readonly #options: TenantChangesOptions;
  readonly #closing = new AbortController();
  #started: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #listener: Listener | undefined;
  #isWatching = false;
  #since = 0;
  #failures = 0;
  /** What the operator was told of the outage that there is now. */
  #told: TenancyErrorCode | undefined;
  #check: { readonly id: string; readonly arrived: () => void } | undefined;

  constructor(control: ControlDatabase, cache: TenantCache, options: TenantChangesOptions) {
    this.#control = control;
    this.#cache = cache;
    this.#options = options;
  }

  /** Whether changes are heard of right now. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  /**
   * Resolves when changes are heard of, or when the first attempt has failed.
   *
   * @throws ConfigurationError after {@link close}
   */
  async start(): Promise<void> {
    if (this.#closing.signal.aborted) {
      throw new ConfigurationError('This registry is closed, and watches no more.', {
        remedy: 'Call watch() before close(), or make another registry.',
      });
    }
    this.#started ??= new Promise((attempted) => {
      this.#running = outsideContext(() => this.#run(attempted));
    });
    return this.#started;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#listener?.end();
    await this.#running;
  }

  get #isOver(): boolean {
    return this.#closing.signal.aborted || this.#control.connections.closed;
  }

  /** Never rejects. */
  async #run(attempted: () => void): Promise<void> {
    while (!this.#isOver) {
      const error = await this.#listenUntilLost(attempted);
      if (this.#isOver) break;
      this.#tell(error);
      attempted();
      await this.#pause();
    }
    attempted();
  }

  async #listenUntilLost(attempted: () => void): Promise<Error> {
    let listener: Listener;
    try {
      listener = new Listener(this.#control.separateClient(), {
        ...this.#options,
        channel: this.#control.tables.channel,
        onNotification: (payload) => this.#onNotification(payload),
      });
    } catch (error) {
      return toError(error);
    }
    this.#listener = listener;
    try {
      await listener.listen();
      await this.#verify(listener);
    } catch (error) {
      // The first reason counts: what follows from it says less.
      listener.destroy(toError(error));
      return listener.lost;
    }
    this.#enter(listener);
    attempted();
    const reason = await listener.lost;
    this.#leave();
    return reason;
  }

  #enter(listener: Listener): void {
    // What was changed before the server knew that this process listens, it has not told.
    this.#cache.clear();
    this.#isWatching = true;
    this.#since = performance.now();
    this.#told = undefined;
    listener.unref();
  }

  #leave(): void {
    this.#isWatching = false;
    // The loss may have come with changes that were not heard of.
    this.#cache.clear();
    // What held for a while is tried again at once; what keeps breaking, less and less often.
    if (performance.now() - this.#since > LONGEST_PAUSE_MS) this.#failures = 0;
  }

  /**
   * Behind a pooler in transaction mode LISTEN succeeds, and nothing is ever heard. So one
   * notification is sent, over the pool: the server tells the connection that sends one of it in
   * the same breath as its answer, and that would arrive through such a pooler too.
   */
  async #verify(listener: Listener): Promise<void> {
    const { timeoutMs } = this.#options;
    const { channel, tenants } = this.#control.tables;
    const id = randomUUID();
    const check = new Promise<void>((arrived) => (this.#check = { id, arrived }));
    const lost = listener.lost.then((error) => Promise.reject(error));
    const sent = this.#control.query<{ notifies: boolean }>(
      `select pg_notify($1, $2), ${CHANGES_ARE_NOTIFIED} as notifies`,
      [channel, checkPayload(id), tenants],
    );
    const { rows } = await within(
      Promise.race([sent, lost]),
      timeoutMs,
      () => new Error(`No notification could be sent within ${timeoutMs} ms.`),
    );
    if (!rows[0]?.notifies) throw notNotified();
    await within(Promise.race([check, lost]), timeoutMs, notHeard);
  }

  #onNotification(payload: string): void {
    const change = parseChange(payload);
    if (change.kind === 'all') this.#cache.clear();
    else if (change.kind === 'migrated') this.#control.connections.forgetPrepared(change.schema);
    else if (change.kind === 'some') for (const slug of change.slugs) this.#cache.forget(slug);
    else if (change.id === this.#check?.id) this.#check.arrived();
  }

  #tell(error: Error): void {
    const known = error instanceof ConfigurationError ? error : new RegistryWatchLostError(error);
    if (this.#told === known.code) return;
    this.#told = known.code;
    contained(() => this.#options.onLost(known));
  }

  /** Jittered: all processes lose a server that restarts at the same moment. */
  async #pause(): Promise<void> {
    this.#failures++;
    const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** this.#failures);
    const milliseconds = longest * (0.5 + Math.random() / 2);
    await delay(milliseconds, undefined, { ref: false, signal: this.#closing.signal }).catch(
      () => undefined,
    );
  }
}

function notNotified(): ConfigurationError {
  return new ConfigurationError(
    'The table of tenants does not notify of changes: those by other processes are not seen at once.',
    {
      remedy:
        'Call registry.setup() as a role that owns the control schema. Until then look-ups are believed for `cacheTtlMs`.',
    },
  );
}

function notHeard(): ConfigurationError {
  return new ConfigurationError(
    'The database took LISTEN, but its notifications do not arrive: changes of tenants by other processes are not seen at once.',
    {
      remedy:
        'A pooler in transaction mode does that. Connect to the server directly, or to a pooler in session mode. Until then look-ups are believed for `cacheTtlMs`.',
    },
  );
}
