import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Measures two ways of doing the same work side by side: in every round each of them runs for the
 * same time, one right after the other and in alternating order, so that whatever else the machine
 * does falls on both.
 *
 * Each side is a process of its own, as in production: in one process, code that both use is
 * optimised for the one and then slower for the other.
 *
 * @param suite the URL of a module that exports `pairs`
 * @param name of the pair
 * @param context handed to both sides; must survive JSON
 * @param options `metric` is `rate` (operations per millisecond, the default) or `p99` (milliseconds)
 * @returns the ratio of what they measured, the median over the rounds, and the ratio of each round
 */
export async function compare(suite, name, context, options) {
  const { rounds, roundMs, warmUpMs, concurrency, report, metric = 'rate' } = options;
  const sides = {
    subject: await startSide(suite, name, 'subject', context),
    control: await startSide(suite, name, 'control', context),
  };
  for (const side of Object.values(sides)) await side.run(warmUpMs, concurrency);
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['subject', 'control'] : ['control', 'subject'];
    const measured = {};
    for (const side of order) measured[side] = await sides[side].run(roundMs, concurrency);
    samples.push(measured.subject[metric] / measured.control[metric]);
    report(`${name} round ${round + 1}/${rounds}`);
  }
  for (const side of Object.values(sides)) await side.stop();
  return { name, value: rounded(median(samples)), unit: 'ratio', samples: samples.map(rounded) };
}

async function startSide(suite, name, side, context) {
  const child = fork(fileURLToPath(new URL('side.mjs', import.meta.url)), [suite, name, side]);
  const answer = async (message) => {
    const done = new AbortController();
    child.send(message);
    try {
      return await Promise.race([
        nextMessage(child, done),
        failure(child, done, `${name} ${side}`),
      ]);
    } finally {
      done.abort();
    }
  };
  await answer({ context });
  return {
    run: (milliseconds, concurrency) => answer({ milliseconds, concurrency }),
    stop: async () => {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

function nextMessage(child, { signal }) {
  return new Promise((resolve) => {
    child.once('message', resolve);
    signal.addEventListener('abort', () => child.removeListener('message', resolve));
  });
}

function failure(child, { signal }, what) {
  return new Promise((_, reject) => {
    const ended = (code) => reject(new Error(`${what} ended with status ${code}.`));
    child.once('exit', ended);
    signal.addEventListener('abort', () => child.removeListener('exit', ended));
  });
}

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
