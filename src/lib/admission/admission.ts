import { ConnectionDeadlockError, QueueFullError } from '../errors.js';
import { Lane } from './lane.js';
import { Queue } from './queue.js';
import type { ConnectionRequest } from './connection-request.js';

export interface AdmissionLimits {
  /** Most connections in use. */
  readonly max: number;
  /** Most requests that wait. */
  readonly maxQueue: number;
}

/** How often a tenant may be passed over, for each connection that there is. */
const PASSES_PER_CONNECTION = 4;

/** Tenants that are asked whether a connection suits them, before it goes to the first. */
const MOST_LOOKED_AT = 32;

/**
 * How long everything must have stood still before it is taken for a deadlock. Transactions that pause
 * look the same meanwhile.
 */
const STANDSTILL_MS = 1_000;
const LOOK_EVERY_MS = 250;

/**
 * Decides who gets the next connection. Tenants that wait take turns, whatever the number of their
 * requests, so that one with a thousand does not make the others wait for all of them. Within bounds
 * one may go before another whom a later connection suits better.
 *
 * The last connection is not for a run that will hold it while its code goes on, unless that run
 * holds one already: of two requests that each hold a connection and need a second, one can go
 * on. Who can do without holding it gets it for a statement at a time. Where runs hold so many that
 * nothing can move, one of them is refused.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  /** Most connections of runs that hold no other and keep what they get. */
  readonly #maxHolders: number;
  readonly #lanes = new Map<string, Lane>();
  /** The lanes with requests that wait, in the order of their turns. */
  readonly #turns = new Queue<Lane>();
  readonly #active = new Queue<ConnectionRequest>();
  readonly #nestedWaiting = new Set<ConnectionRequest>();
  #holders = 0;
  #waiting = 0;
  /** Those of them that may go although no more connections may be held. */
  #waitingUnheld = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#maxHolders = Math.max(1, limits.max - 1);
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Requests that have a connection, or for which one is being opened. */
  get active(): readonly ConnectionRequest[] {
    return [...this.#active];
  }

  /** Requests that wait for their turn. */
  *queued(): Iterable<ConnectionRequest> {
    for (const lane of this.#turns) yield* lane.requests();
  }

  /** Requests of one tenant that have a connection. */
  inFlight(tenant: string): number {
    return this.#lanes.get(tenant)?.inFlight ?? 0;
  }

  /**
   * Admits the request now or when its turn comes.
   *
   * @throws QueueFullError
   */
  submit(request: ConnectionRequest): void {
    const lane = this.#lane(request.tenant);
    // Where there is room, whoever waits is kept back by a limit: nobody is overtaken.
    if (this.#hasRoom && lane.allows(request, this.#mayHold)) {
      return this.#admit(request, lane);
    }
    this.#makeRoom(request, lane);
    this.#enqueue(request, lane);
    this.#dispatch();
  }

  /** The request waits no longer. @returns false where it did not */
  cancel(request: ConnectionRequest): boolean {
    const lane = this.#lanes.get(request.tenant);
    if (!lane || !this.#dequeue(request, lane)) return false;
    this.#forgetUnused(lane);
    return true;
  }

  /** The request's connection was released, or could not be opened. */
  release(request: ConnectionRequest): void {
    if (!this.#active.remove(request)) return;
    if (request.holds) {
      request.checkouts.held--;
      if (!request.nested) this.#holders--;
    }
    const lane = this.#lanes.get(request.tenant);
    if (lane) {
      lane.inFlight--;
      this.#forgetUnused(lane);
    }
    this.#dispatch();
  }

  get #hasRoom(): boolean {
    return this.#active.size < this.#limits.max;
  }

  get #mayHold(): boolean {
    return this.#holders < this.#maxHolders;
  }

  #lane(tenant: string): Lane {
    let lane = this.#lanes.get(tenant);
    if (!lane) {
      lane = new Lane(tenant);
      this.#lanes.set(tenant, lane);
    }
    return lane;
  }

  #forgetUnused(lane: Lane): void {
    if (lane.unused) this.#lanes.delete(lane.tenant);
  }

  #admit(request: ConnectionRequest, lane: Lane): void {
    lane.inFlight++;
    this.#active.add(request);
    if (!this.#mayHold) request.yield();
    if (request.holds) {
      request.checkouts.held++;
      if (!request.nested) this.#holders++;
    }
    request.admit();
  }

  #dispatch(): void {
    while (this.#turns.size > 0 && this.#hasRoom) {
      const request = this.#next();
      if (!request) return;
      const lane = this.#lane(request.tenant);
      this.#dequeue(request, lane);
      lane.passedOver = 0;
      // Behind all others, for its next turn.
      if (lane.queue) this.#turns.add(lane);
      this.#admit(request, lane);
    }
  }

  /**
   * Who is first, unless the connection that is free suits one of those behind it better. Nobody is
   * passed over without end.
   */
  #next(): ConnectionRequest | undefined {
    const mayHold = this.#mayHold;
    if (!mayHold && this.#waitingUnheld === 0) return undefined;
    const most = PASSES_PER_CONNECTION * this.#limits.max;
    const passed: Lane[] = [];
    let first: ConnectionRequest | undefined;
    for (let lane = this.#turns.first; lane; lane = lane.after) {
      const request = lane.next(mayHold);
      if (!request) continue;
      first ??= request;
      if (request.nested || lane.passedOver >= most || request.suited) {
        for (const other of passed) other.passedOver++;
        return request;
      }
      if (passed.push(lane) === MOST_LOOKED_AT) break;
    }
    return first;
  }

  #enqueue(request: ConnectionRequest, lane: Lane): void {
    lane.add(request);
    if (!lane.queue) this.#turns.add(lane);
    this.#waiting++;
    request.checkouts.waiting++;
    if (!request.insists) this.#waitingUnheld++;
    if (!request.nested) return;
    this.#nestedWaiting.add(request);
    this.#watch ??= this.#startWatch();
  }

  #dequeue(request: ConnectionRequest, lane: Lane): boolean {
    if (!lane.remove(request)) return false;
    if (lane.waiting === 0) this.#turns.remove(lane);
    this.#waiting--;
    request.checkouts.waiting--;
    if (!request.insists) this.#waitingUnheld--;
    if (request.nested) this.#nestedWaiting.delete(request);
    return true;
  }

  /**
   * Where the queue is full, a tenant that has its share of it or more is refused; for any other one
   * room is made at the cost of a tenant that has more than its share.
   */
  #makeRoom(request: ConnectionRequest, lane: Lane): void {
    if (this.#waiting < this.#limits.maxQueue) return;
    const lanes = this.#turns.size + (lane.waiting > 0 ? 0 : 1);
    const share = this.#limits.maxQueue / lanes;
    const error = new QueueFullError(this.#limits.maxQueue);
    const displaced = lane.waiting + 1 > share ? undefined : this.#longest().oldest();
    if (!displaced) {
      this.#forgetUnused(lane);
      throw error;
    }
    this.cancel(displaced);
    displaced.refuse(error);
  }

  #longest(): Lane {
    let longest: Lane | undefined;
    for (const lane of this.#turns) if (lane.waiting > (longest?.waiting ?? 0)) longest = lane;
    return longest as Lane;
  }

  #startWatch(): NodeJS.Timeout {
    return setInterval(() => this.#breakDeadlock(), LOOK_EVERY_MS).unref();
  }

  /** Refuses one of the requests that wait for connections of runs that wait themselves. */
  #breakDeadlock(): void {
    if (this.#nestedWaiting.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    const time = performance.now() - STANDSTILL_MS;
    for (const request of this.#nestedWaiting) {
      if (request.since > time || !this.#isStuck(request, time)) continue;
      this.cancel(request);
      return request.refuse(new ConnectionDeadlockError(this.#limits.max));
    }
  }

  #isStuck(request: ConnectionRequest, time: number): boolean {
    const tenant = this.#hasRoom ? request.tenant : undefined;
    for (const other of this.#active) {
      if (tenant !== undefined && other.tenant !== tenant) continue;
      if (!other.stuckSince(time)) return false;
    }
    return true;
  }
}
