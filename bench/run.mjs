// npm run bench -- <suite> [--json] [--short|--quick] [--only=NAME,…]
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const suites = readdirSync(new URL('suites', import.meta.url)).map((file) =>
  file.replace('.mjs', ''),
);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    short: { type: 'boolean' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const suite = positionals[0];
if (values.help || !suite || !suites.includes(suite)) {
  console.error(`Usage: npm run -s bench -- <${suites.join('|')}> [--json] [--short|--quick] [--only=NAME,…]

  --json   one JSON document instead of a table
  --only   the figures whose names begin so
  --short  what has a goal, in less time: near it, only the whole run decides (scoping)
  --quick  a short run that shows that it works; its figures mean little`);
  process.exit(values.help ? 0 : 2);
}

const { run, goals, print = printFigures } = await import(`./suites/${suite}.mjs`);
const report = (line) =>
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
const { quick = false, short = false, only } = values;
const isChosen = (name) => !only || only.split(',').some((beginning) => name.startsWith(beginning));
const outcome = await run({ quick, short, isChosen, report });
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');

const document = Array.isArray(outcome) ? { results: outcome } : outcome;
if (values.json) {
  console.log(JSON.stringify({ suite, ...document }, null, 2));
} else {
  print(document);
}

function printFigures({ results }) {
  console.table(
    Object.fromEntries(
      results.map(({ name, value, unit, samples }) => [
        name,
        {
          value,
          unit,
          goal: goalText(goals[name]),
          low: Math.min(...samples),
          high: Math.max(...samples),
        },
      ]),
    ),
  );
}

function goalText({ atLeast, atMost } = {}) {
  if (atLeast !== undefined) return `≥ ${atLeast}`;
  return atMost === undefined ? 'reported' : `≤ ${atMost}`;
}
