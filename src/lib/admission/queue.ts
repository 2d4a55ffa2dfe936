/** What may stand in a {@link Queue}: in one at a time. */
export interface Queued<T extends Queued<T>> {
  queue: Queue<T> | undefined;
  before: T | undefined;
  after: T | undefined;
}

/**
 * First come, first served; and whoever gives up leaves from the middle. (A Set can do that too, but
 * makes its table anew after every few that come and go, which was most of what a statement that
 * waits took.)
 */
export class Queue<T extends Queued<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds it behind all others. */
  add(item: T): void {
    item.queue?.remove(item);
    item.queue = this;
    item.before = this.#last;
    if (this.#last) this.#last.after = item;
    else this.#first = item;
    this.#last = item;
    this.#size++;
  }

  /** @returns false where it is not in this queue */
  remove(item: T): boolean {
    if (item.queue !== this) return false;
    const { before, after } = item;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    item.queue = item.before = item.after = undefined;
    this.#size--;
    return true;
  }

  /** All that are in it now, in their order. */
  [Symbol.iterator](): Iterator<T> {
    const items: T[] = [];
    for (let item = this.#first; item; item = item.after) items.push(item);
    return items.values();
  }
}
