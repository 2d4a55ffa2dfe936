// One side of a comparison, in a process of its own. It is told how long to run, and answers with
// the operations per millisecond and the latency that one in a hundred exceeds.
import { once } from 'node:events';
import { quantile } from './quantile.mjs';

const [suite, name, side] = process.argv.slice(2);
const { pairs } = await import(suite);
const [{ context }] = await once(process, 'message');
const { operation, close } = await pairs[name][side](context);
process.send('ready');

process.on('message', ({ milliseconds, concurrency }) => {
  measure(milliseconds, concurrency).then((result) => process.send(result), fail);
});

function fail(error) {
  console.error(error);
  process.exit(1);
}

process.on('disconnect', close);

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
