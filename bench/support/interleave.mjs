/**
 * Measures two ways of doing the same work side by side: in every round each of them runs for the
 * same time, one right after the other and in alternating order, so that whatever else the machine
 * does falls on both.
 *
 * @param {{ name: string, subject: () => Promise<unknown>, control: () => Promise<unknown> }} pair
 * @returns the ratio of their rates, the median over the rounds, and the ratio of each round
 */
export async function compare(pair, options) {
  const { rounds, roundMs, concurrency, report } = options;
  await runFor(pair.control, roundMs, concurrency);
  await runFor(pair.subject, roundMs, concurrency);
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['subject', 'control'] : ['control', 'subject'];
    const rates = {};
    for (const side of order) rates[side] = await runFor(pair[side], roundMs, concurrency);
    samples.push(rates.subject / rates.control);
    report(`${pair.name} round ${round + 1}/${rounds}`);
  }
  return {
    name: pair.name,
    value: rounded(median(samples)),
    unit: 'ratio',
    samples: samples.map(rounded),
  };
}

/** Operations per second with so many of them at a time. */
async function runFor(operation, milliseconds, concurrency) {
  const started = performance.now();
  const end = started + milliseconds;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      await operation();
      count++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return count / (performance.now() - started);
}

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
