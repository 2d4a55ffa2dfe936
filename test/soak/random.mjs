/**
 * Numbers that look random, and are the same for the same seed (mulberry32).
 *
 * @param seed a whole number
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** From 0 up to, but not including, 1. */
    next,
    /** A whole number below `limit`. */
    below: (limit) => Math.floor(next() * limit),
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

/** Has each kind come up as often as its `weight` (default 1) says. */
export function weighted(kinds) {
  const total = kinds.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return (random) => {
    let left = random.next() * total;
    for (const kind of kinds) {
      left -= kind.weight ?? 1;
      if (left < 0) return kind;
    }
    return kinds.at(-1);
  };
}
