// `npm run test:matrix`: the first five minutes with each package manager, Node version and command
// line, in a cover of pairs. Each cell generates an application, installs and builds it, creates a
// tenant, adds a resource, migrates, and runs its tests.
//
//   npm run test:matrix -- [--all] [--only=pnpm@9,node@24] [--jobs=2] [--json]
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ensureReady, root } from './setup.mjs';

const MANAGERS = ['npm', 'pnpm@9', 'pnpm@10', 'yarn@4'];
const NODES = ['node@20', 'node@22', 'node@24'];
const COMMANDS = ['mt', 'stock'];
const ORMS = ['drizzle', 'typeorm'];
const COLUMNS = ['manager', 'node', 'command', 'orm', 'outcome', 'seconds'];

const nest = join(root, 'cli/bin/nest.js');
const collection = join(root, 'collection.json');

const { values } = parseArgs({
  options: {
    all: { type: 'boolean' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    json: { type: 'boolean' },
  },
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
  const tools = await install();
  const waiting = chosen.map((cell, index) => ({ cell, directory: join(folder, `cell ${index}`) }));
  const work = async () => {
    for (let next; (next = waiting.shift());) results.push(await result(next, tools));
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
if (values.json) console.log(JSON.stringify({ cells: results }, null, 2));
else console.table(results, COLUMNS);
const failed = results.filter(({ outcome }) => outcome !== 'ok').length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function result({ cell, directory }, tools) {
  const started = performance.now();
  const failure = await tryCell(cell, tools, directory);
  const seconds = Math.round((performance.now() - started) / 1_000);
  const title = Object.values(cell).join(', ');
  console.error(`${title}: ${failure ? `FAILED at ${failure.step}` : 'ok'} (${seconds} s)`);
  if (failure) console.error(failure.output);
  return { ...cell, outcome: failure?.step ?? 'ok', seconds, output: failure?.output };
}

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
async function install() {
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
  await npmInstall('install the tools', directory, specs);
  // The stock command line finds a collection by the name of its package only.
  await npmInstall('install the packages', directory, await ownTarballs());
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

function npmInstall(step, cwd, specs) {
  const args = [npmScript(), 'install', '--no-audit', '--no-fund', ...specs];
  return run(step, process.execPath, args, { cwd });
}

/** Packed as they are for every application that is generated from a checkout. */
async function ownTarballs() {
  const args = [nest, 'g', `${collection}:app`, 'packed', '--skip-install', '--skip-git'];
  await run('pack', process.execPath, args, { cwd: folder });
  const packages = join(folder, 'packed/.mt/packages');
  return readdirSync(packages).map((name) => join(packages, name));
}

function npmScript() {
  return (
    process.env.npm_execpath ??
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  );
}

/** @returns the step that failed, and what it printed */
async function tryCell({ manager, node, command, orm }, tools, directory) {
  mkdirSync(directory);
  const name = manager.replace(/@.*/, '');
  const program = tools.node(node);
  const app = join(directory, 'shop');
  const env = {
    ...process.env,
    CI: '1',
    // Where CI is set yarn makes no lock file, and a new application has none.
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    // What scripts start by their names has to be of this cell.
    PATH: [
      commandIn(directory, name, tools.manager(manager)),
      dirname(program),
      process.env.PATH,
    ].join(delimiter),
  };
  const step = (title, args, cwd = app) => run(title, program, args, { cwd, env });
  const script = (title, ...args) => step(title, [tools.manager(manager), 'run', ...args]);
  const passOn = name === 'npm' ? ['--'] : [];
  const options = [`--package-manager=${name}`, '--skip-install', '--skip-git'];
  try {
    if (command === 'mt') {
      const args = [nest, 'g', `${collection}:app`, 'shop', `--orm=${orm}`, ...options];
      await step('generate', args, directory);
    } else {
      // It writes into a folder of the name, beside what all cells share.
      const title = `shop-${basename(directory).replace(' ', '-')}`;
      const args = [tools.nest, 'new', title, '-c', '@mt/schematics', ...options];
      await step('generate', args, tools.directory);
      renameSync(join(tools.directory, title), app);
    }
    await step('install', [tools.manager(manager), 'install']);
    await script('build', 'build');
    await script('create a tenant', 'tenant', ...passOn, 'create', 'acme');
    await script('add a resource', 'resource', ...passOn, 'invoices');
    await script('migrate', 'migrate');
    await script('lint', 'lint');
    await step('test', [tools.manager(manager), 'test']);
    if (!readdirSync(app).includes('node_modules')) throw new Error('Nothing was installed.');
    return undefined;
  } catch (error) {
    return { step: error.step ?? 'unknown', output: error.message };
  }
}

/** Scripts of an application call its package manager by name. @returns the folder of the command */
function commandIn(directory, name, script) {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, name), `#!/bin/sh\nexec node "${script}" "$@"\n`, { mode: 0o755 });
  return bin;
}

async function run(step, program, args, options) {
  try {
    await promisify(execFile)(program, args, { maxBuffer: 64 * 1024 * 1024, ...options });
  } catch (error) {
    const said = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.trim();
    const output = said.split('\n').slice(-25).join('\n') || error.message;
    throw Object.assign(new Error(output), { step });
  }
}
