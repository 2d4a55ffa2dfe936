const ROWS = 4;
/** One odd number for each row, so that what collides in one seldom does in another. */
const MIXERS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
const MOST = 255;

/** Counters for each thing that is to be told from others. */
const WIDTH_FACTOR = 8;
/** Uses for each of them after which all counts are halved. */
const AGING_FACTOR = 16;

/**
 * How often something was used lately, for any number of things in a small table: a count-min sketch
 * whose counts are halved from time to time. It may count too much, where things collide in all rows,
 * and never too little.
 *
 * @see https://arxiv.org/abs/1512.00727 (TinyLFU)
 */
export class FrequencySketch {
  readonly #width: number;
  readonly #shift: number;
  readonly #agesAfter: number;
  readonly #counts: Uint8Array;
  #uses = 0;

  /** @param things about how many of them have to be told from each other */
  constructor(things: number) {
    const bits = Math.max(6, Math.ceil(Math.log2(things * WIDTH_FACTOR)));
    this.#width = 2 ** bits;
    this.#shift = 32 - bits;
    this.#agesAfter = things * AGING_FACTOR;
    this.#counts = new Uint8Array(ROWS * this.#width);
  }

  /** Counts a use. @returns how many there were lately, this one included */
  use(hash: number): number {
    if (++this.#uses > this.#agesAfter) this.#age();
    let least = MOST;
    for (let row = 0; row < ROWS; row++) {
      const place = this.#place(hash, row);
      const count = this.#counts[place] as number;
      if (count < MOST) this.#counts[place] = count + 1;
      if (count < least) least = count;
    }
    return least + 1;
  }

  /** How often it was used lately. */
  estimate(hash: number): number {
    let least = MOST;
    for (let row = 0; row < ROWS; row++) {
      const count = this.#counts[this.#place(hash, row)] as number;
      if (count < least) least = count;
    }
    return least;
  }

  #place(hash: number, row: number): number {
    return row * this.#width + (Math.imul(hash, MIXERS[row] as number) >>> this.#shift);
  }

  #age(): void {
    this.#uses >>>= 1;
    for (let i = 0; i < this.#counts.length; i++)
      this.#counts[i] = (this.#counts[i] as number) >> 1;
  }
}
