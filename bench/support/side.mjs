// One side of a comparison, in a process of its own. It is told how long to run, and answers with
// the operations per millisecond.
import { once } from 'node:events';

const [suite, name, side] = process.argv.slice(2);
const { pairs } = await import(suite);
const [{ context }] = await once(process, 'message');
const { operation, close } = await pairs[name][side](context);
process.send('ready');

process.on('message', ({ milliseconds, concurrency }) => {
  rate(milliseconds, concurrency).then((result) => process.send(result), fail);
});

function fail(error) {
  console.error(error);
  process.exit(1);
}

process.on('disconnect', close);

async function rate(milliseconds, concurrency) {
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
