import { setTimeout as delay } from 'node:timers/promises';
import { runWithTenant } from '@mt/runtime';
import { randomFrom, weighted } from './random.mjs';
import { contextOf } from './workload/context.mjs';

/** More than there are connections, so that they wait for each other. */
const CLIENTS = 40;
/** Nothing that is asked here takes so long, unless it is forgotten. */
const STUCK_MS = 60_000;
/** How often a tenant is taken whose schema comes and goes. */
const DROPPED_SHARE = 0.03;

/** Clients that do one thing after another, each time for another tenant, all at once. */
export class Clients {
  #worker;
  #pick;
  #mayEnd;
  /** What each of them does, and since when. */
  #underWay = new Map();

  /**
   * @param worker what contextOf() takes, and `kinds` of work, `seed`, `dropped`, and `lastSuccess()`:
   *   when a statement last succeeded, of performance.now()
   * @param mayEnd whether enough has been done; asked before each step
   */
  constructor(worker, mayEnd) {
    this.#worker = worker;
    this.#pick = weighted(worker.kinds);
    this.#mayEnd = mayEnd;
  }

  /** Ends when all have, apart from those that are stuck. */
  async work() {
    const watched = new AbortController();
    const all = Array.from({ length: CLIENTS }, (_, number) => this.#client(number));
    await Promise.race([Promise.all(all), this.#watch(watched.signal)]);
    watched.abort();
  }

  async #client(number) {
    const random = randomFrom(this.#worker.seed + number);
    while (!this.#mayEnd() && !this.#standsStill) {
      const kind = this.#pick(random);
      this.#underWay.set(number, { kind, since: performance.now() });
      const isFine = await this.#step(kind, random);
      // Whoever is refused comes back a little later, or nobody else would get a turn.
      if (!isFine) await delay(random.between(2, 20));
    }
    this.#underWay.delete(number);
  }

  /** @returns whether it went without an error */
  async #step(kind, random) {
    const { tenants, dropped, faults } = this.#worker;
    const isDropped = faults && random.chance(DROPPED_SHARE);
    const tenant = random.pick(isDropped ? dropped : tenants);
    const context = contextOf({ kind, tenant, isDropped, random }, this.#worker);
    try {
      await (kind.outside ? kind.run(context) : runWithTenant(tenant, () => kind.run(context)));
      return true;
    } catch (error) {
      context.failed(error);
      return false;
    }
  }

  get #standsStill() {
    return performance.now() - this.#worker.lastSuccess() > STUCK_MS;
  }

  async #watch(signal) {
    const { tally } = this.#worker;
    let isStuck = false;
    while (!signal.aborted && !(isStuck && this.#underWay.size === 0)) {
      await delay(500, undefined, { ref: false });
      for (const [number, { kind, since }] of this.#underWay) {
        if (performance.now() - since < STUCK_MS) continue;
        isStuck = true;
        this.#underWay.delete(number);
        tally.problem('stuck', `${kind.name}: it has not ended after ${STUCK_MS} ms`);
      }
    }
    if (this.#standsStill) tally.problem('stuck', `no statement succeeded for ${STUCK_MS} ms`);
  }
}
