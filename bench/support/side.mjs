// One side of a comparison, in a process of its own. It is told by lines on its standard input how
// long to run, and answers with the operations per millisecond and the latency that one in a hundred
// exceeds.
import { createInterface } from 'node:readline';
import { quantile } from './quantile.mjs';

/** Loaded for nothing but another layout of code in memory with each instance. */
const PADDING = ['http', 'zlib', 'child_process', 'worker_threads', 'vm', 'tls', 'http2', 'repl'];

const [suite, name, side, instance] = process.argv.slice(2);
for (const [index, module] of PADDING.entries()) {
  if (index % (Number(instance) + 1) === 0) await import(`node:${module}`);
}
const { pairs } = await import(suite);

let operation;
let close;
for await (const line of createInterface({ input: process.stdin })) {
  const { context, milliseconds, concurrency } = JSON.parse(line);
  if (context) {
    ({ operation, close } = await pairs[name][side](context));
    answer('ready');
  } else {
    answer(await measure(milliseconds, concurrency));
  }
}
await close();

function answer(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function measure(milliseconds, concurrency) {
  const started = performance.now();
  const end = started + milliseconds;
  const latencies = [];
  const worker = async () => {
    for (let from = performance.now(); from < end;) {
      await operation();
      const now = performance.now();
      latencies.push(now - from);
      from = now;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return {
    rate: latencies.length / (performance.now() - started),
    p99: quantile(latencies, 0.99),
  };
}
