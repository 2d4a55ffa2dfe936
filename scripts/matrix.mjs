// `npm run test:matrix`: the first five minutes with each package manager, Node version and command
// line, in a cover of pairs. Each cell generates an application, installs and builds it, creates a
// tenant, adds a resource, migrates, and runs its tests.
//
//   npm run test:matrix -- [--all] [--only=pnpm@9,node@24] [--json]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureReady, root } from './setup.mjs';

const MANAGERS = ['npm', 'pnpm@9', 'pnpm@10', 'yarn@4'];
const NODES = ['node@20', 'node@22', 'node@24'];
const COMMANDS = ['mt', 'stock'];
const ORMS = ['drizzle', 'typeorm'];
const COLUMNS = ['manager', 'node', 'command', 'orm', 'outcome', 'seconds'];

const { values } = parseArgs({
  options: { all: { type: 'boolean' }, only: { type: 'string' }, json: { type: 'boolean' } },
});
const wanted = values.only?.split(',') ?? [];
const cells = everyCell().filter((cell) =>
  wanted.every((choice) => Object.values(cell).includes(choice)),
);
const chosen = values.all ? cells : coverOfPairs(cells);

const folder = mkdtempSync(join(tmpdir(), 'mt matrix '));
const results = [];
try {
  ensureReady((step) => console.error(step));
  const tools = install();
  for (const cell of chosen) {
    const started = performance.now();
    const failure = tryCell(cell, tools, join(folder, String(results.length)));
    const seconds = Math.round((performance.now() - started) / 1_000);
    results.push({ ...cell, outcome: failure?.step ?? 'ok', seconds, output: failure?.output });
    console.error(
      `${Object.values(cell).join(', ')}: ${failure ? `FAILED at ${failure.step}` : 'ok'} (${seconds} s)`,
    );
    if (failure) console.error(failure.output);
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
if (values.json) console.log(JSON.stringify({ cells: results }, null, 2));
else console.table(results, COLUMNS);
const failed = results.filter(({ outcome }) => outcome !== 'ok').length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function everyCell() {
  return MANAGERS.flatMap((manager) =>
    NODES.flatMap((node) =>
      COMMANDS.flatMap((command) =>
        // The stock command line takes no flag of ours, and asks nothing without a terminal.
        (command === 'mt' ? ORMS : ['drizzle']).map((orm) => ({ manager, node, command, orm })),
      ),
    ),
  );
}

function pairsOf(cell) {
  const choices = Object.values(cell);
  return choices.flatMap((one, index) =>
    choices.slice(index + 1).map((other) => `${one} ${other}`),
  );
}

/** As few as are found greedily, so that any two choices meet in one. */
function coverOfPairs(all) {
  const missing = new Set(all.flatMap(pairsOf));
  const cover = [];
  while (missing.size > 0) {
    const gain = (cell) => pairsOf(cell).filter((pair) => missing.has(pair)).length;
    const best = all.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    for (const pair of pairsOf(best)) missing.delete(pair);
    cover.push(best);
  }
  return cover;
}

/** Node versions and package managers, from the registry: nothing of the machine's is changed. */
function install() {
  const directory = join(folder, 'tools');
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{ "private": true }');
  const packages = {
    ...Object.fromEntries(NODES.map((node) => [node.replace('@', ''), `npm:${node}`])),
    pnpm9: 'npm:pnpm@9',
    pnpm10: 'npm:pnpm@10',
    yarn4: 'npm:@yarnpkg/cli-dist@4',
    npm: 'npm:npm@10',
    '@nestjs/cli': '12',
    '@nestjs/schematics': '12',
  };
  const specs = Object.entries(packages).map(([name, spec]) => `${name}@${spec}`);
  run(
    'install the tools',
    process.execPath,
    [npmScript(), 'install', '--no-audit', '--no-fund', ...specs],
    {
      cwd: directory,
    },
  );
  const at = (path) => join(directory, 'node_modules', path);
  return {
    node: (node) => at(`${node.replace('@', '')}/bin/node`),
    manager: (manager) =>
      ({
        npm: at('npm/bin/npm-cli.js'),
        'pnpm@9': at('pnpm9/bin/pnpm.cjs'),
        'pnpm@10': at('pnpm10/bin/pnpm.cjs'),
        'yarn@4': at('yarn4/bin/yarn.js'),
      })[manager],
    nest: at('@nestjs/cli/bin/nest.js'),
    directory,
  };
}

function npmScript() {
  return (
    process.env.npm_execpath ??
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  );
}

/** @returns the step that failed, and what it printed */
function tryCell({ manager, node, command, orm }, tools, directory) {
  mkdirSync(directory);
  const name = manager.replace(/@.*/, '');
  const program = tools.node(node);
  const app = join(directory, 'shop');
  const env = {
    ...process.env,
    CI: '1',
    // What scripts start by their names has to be of this cell.
    PATH: [dirname(program), process.env.PATH].join(delimiter),
  };
  const step = (title, args, cwd = app) => run(title, program, args, { cwd, env });
  const script = (title, ...args) => step(title, [tools.manager(manager), 'run', ...args]);
  const passOn = name === 'npm' ? ['--'] : [];
  const collection = join(root, 'collection.json');
  try {
    if (command === 'mt') {
      step(
        'generate',
        [
          join(root, 'cli/bin/nest.js'),
          'g',
          `${collection}:app`,
          'shop',
          `--orm=${orm}`,
          `--package-manager=${name}`,
          '--skip-install',
          '--skip-git',
        ],
        directory,
      );
    } else {
      step(
        'generate',
        [
          tools.nest,
          'new',
          'shop',
          '-c',
          collection,
          '--skip-install',
          '--skip-git',
          `--package-manager=${name}`,
        ],
        directory,
      );
    }
    step('install', [tools.manager(manager), 'install']);
    script('build', 'build');
    script('create a tenant', 'tenant', ...passOn, 'create', 'acme');
    script('add a resource', 'resource', ...passOn, 'invoices');
    script('migrate', 'migrate');
    script('lint', 'lint');
    step('test', [tools.manager(manager), 'test']);
    if (!readdirSync(app).includes('node_modules')) throw new Error('Nothing was installed.');
    return undefined;
  } catch (error) {
    return { step: error.step ?? 'unknown', output: error.message };
  }
}

function run(step, program, args, options) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    ...options,
  });
  if (status === 0) return;
  const output = error?.message ?? `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n');
  throw Object.assign(new Error(output), { step });
}
