import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onClientCore } from './cores.mjs';

/**
 * Sides take turns this often. What else a machine does comes and goes within seconds: with turns of a
 * second it falls on one side, and a figure is 0.6 in one run and 0.9 in the next.
 */
export const TURN_MS = 50;

/**
 * Measures two ways of doing the same work side by side: in every round each of them runs for the
 * same time, by short turns and in alternating order, so that whatever else the machine does falls on
 * both.
 *
 * Each side is a process of its own, as in production: in one process, code that both use is
 * optimised for the one and then slower for the other. And each is started several times: how V8
 * happens to lay its code out makes the same process a tenth faster or slower for as long as it lives.
 *
 * @param suite the URL of a module that exports `pairs`
 * @param name of the pair
 * @param context handed to both sides; must survive JSON
 * @param options `metric` is `rate` (operations per millisecond, the default) or `p99` (milliseconds);
 *   `instances` is how often both are started, `rounds` how often each of these runs, after
 *   `warmUpRounds` that do not count
 * @returns the ratio of what they measured, the median over the rounds, and the ratio of each round
 */
export async function compare(suite, name, context, options) {
  const { instances, report, metric = 'rate' } = options;
  const samples = [];
  for (let instance = 0; instance < instances; instance++) {
    report(`${name} ${instance + 1}/${instances}`);
    const measured = await measureInstance({ suite, name, instance }, context, options);
    samples.push(...measured.map(({ subject, control }) => subject[metric] / control[metric]));
  }
  return { name, value: rounded(median(samples)), unit: 'ratio', samples: samples.map(rounded) };
}

async function measureInstance(pair, context, { rounds, warmUpRounds, roundMs, concurrency }) {
  const sides = {
    subject: await startSide({ ...pair, side: 'subject' }, context),
    control: await startSide({ ...pair, side: 'control' }, context),
  };
  const results = [];
  for (let round = -warmUpRounds; round < rounds; round++) {
    const result = await byTurns(Object.keys(sides), roundMs, (side, milliseconds) =>
      sides[side].run(milliseconds, concurrency),
    );
    if (round >= 0) results.push(result);
  }
  for (const side of Object.values(sides)) await side.stop();
  return results;
}

/**
 * Has each side run for so long, by turns.
 *
 * @param run one side for one turn; tells numbers
 * @returns for each side the means of what its turns told
 */
export async function byTurns(names, roundMs, run) {
  const turns = Math.max(1, Math.round(roundMs / TURN_MS));
  const sums = Object.fromEntries(names.map((name) => [name, {}]));
  for (let turn = 0; turn < turns; turn++) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      for (const [key, value] of Object.entries(await run(name, roundMs / turns))) {
        sums[name][key] = (sums[name][key] ?? 0) + value / turns;
      }
    }
  }
  return sums;
}

async function startSide({ suite, name, side, instance }, context) {
  const file = fileURLToPath(new URL('side.mjs', import.meta.url));
  const args = [file, suite, name, side, String(instance)];
  const child = spawn(...onClientCore(process.execPath, args), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ${side} ended before it had answered.`);
    return JSON.parse(value);
  };
  await answer({ context });
  return {
    run: (milliseconds, concurrency) => answer({ milliseconds, concurrency }),
    async stop() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
