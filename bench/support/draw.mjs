// How tenants, rows and statements are drawn: without a pattern, and the same for everybody.

/** Numbers from 0 up to 1, always the same ones. */
export function randomNumbers(seed = 12_345) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Each as often as any other. */
export function evenly(list, random = randomNumbers()) {
  return () => list[Math.floor(random() * list.length)];
}

/**
 * By Zipf's law with exponent 1: the second half as often as the first, the third a third as often. So
 * it is with customers.
 */
export function byZipf(list, random = randomNumbers()) {
  let sum = 0;
  const bounds = list.map((_, index) => (sum += 1 / (index + 1)));
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = bounds.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[middle] <= wanted) low = middle + 1;
      else high = middle;
    }
    return list[low];
  };
}
