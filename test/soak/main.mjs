// npm run -s soak: every kind of statement of many tenants, all mixed up, while things go wrong.
//
//   options.mjs       what can be asked for
//   server.mjs        a PostgreSQL that can be stopped and started under load
//   tenancy.mjs       the tenants in it, and those that are dropped meanwhile
//   runs.mjs          one ORM in one mode: child.mjs forks worker.mjs, faults.mjs does the harm
//   worker.mjs        the process: clients.mjs does what is in workload/kinds/, one after another,
//                     cut-commits.mjs loses connections at the worst moment,
//                     and lost-connections.mjs counts what is left when they have ended
//   tables.mjs        a look at the rows of all schemas, at the end of a run
//   controls.mjs      the same over what is known to be wrong, each in a control-worker.mjs
//   report.mjs        tables for people; --json prints the one document
import { ensureReady } from '../../scripts/setup.mjs';
import { parseOptions, USAGE } from './options.mjs';

let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exit(2);
}
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const report = (line) =>
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
ensureReady(report);
// It runs on the packages as they are built, so they are loaded when they are.
const { runAll } = await import('./run-all.mjs');
const { printTables } = await import('./report.mjs');

const outcome = await runAll(options, report);
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
if (options.json) console.log(JSON.stringify(outcome, undefined, 2));
else printTables(outcome);
process.exitCode = outcome.passed ? 0 : 1;
