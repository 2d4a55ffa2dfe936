import { saysNothingWasKept } from './errors.mjs';

/**
 * What must be in the tables at the end, and what must not. A note names one row: `kept:7` is of
 * work that was meant to be kept, `undone:7` of work that was rolled back, `either:7` may be there or
 * not.
 */
export class Ledger {
  #numbers = 0;
  /** How many rows each tenant was told that it has: by slug. */
  #acknowledged = new Map();
  /** Notes of work of which an error said that nothing was kept. */
  #refused = [];

  note(outcome) {
    return `${outcome}:${this.#numbers++}`;
  }

  /** Does work that writes one row with this note, and remembers what was said of it. */
  async write({ slug }, note, work) {
    try {
      const result = await work();
      this.#acknowledged.set(slug, (this.#acknowledged.get(slug) ?? 0) + 1);
      return result;
    } catch (error) {
      if (saysNothingWasKept(error)) this.#refused.push(note);
      throw error;
    }
  }

  summary() {
    return { acknowledged: Object.fromEntries(this.#acknowledged), refused: this.#refused };
  }
}
