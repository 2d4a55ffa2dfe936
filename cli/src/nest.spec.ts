import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const NEST = join(__dirname, '..', 'bin', 'nest.js');

/** A project with a small collection and something that stands for @nestjs/cli. */
let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'mt-cli-'));
  write('package.json', { name: 'project' });
  const collection = 'node_modules/fixtures';
  write(`${collection}/package.json`, { name: 'fixtures', schematics: './collection.json' });
  write(`${collection}/collection.json`, {
    schematics: {
      file: {
        factory: './index.js#file',
        schema: './schema.json',
        description: 'A fixture.',
        aliases: ['f'],
      },
      broken: { factory: './index.js#broken', description: 'A fixture.' },
      crash: { factory: './index.js#crash', description: 'A fixture.' },
      installing: { factory: './index.js#installing', description: 'A fixture.' },
      lost: { factory: './absent.js', description: 'A fixture.' },
      meeting: { factory: './index.js#meeting', description: 'A fixture.' },
      unfinished: { factory: './index.js#unfinished', description: 'A fixture.' },
      picky: {
        factory: './index.js#picky',
        schema: './picky.json',
        description: 'A fixture.',
      },
    },
  });
  write(`${collection}/schema.json`, {
    $schema: 'http://json-schema.org/draft-07/schema',
    $id: 'Fixture',
    type: 'object',
    properties: {
      name: { type: 'string', $default: { $source: 'argv', index: 0 }, description: 'Its name.' },
      orm: { type: 'string', enum: ['drizzle', 'typeorm'], default: 'drizzle' },
      skipGit: { type: 'boolean' },
    },
    required: ['name'],
  });
  write(`${collection}/picky.json`, {
    $schema: 'http://json-schema.org/draft-07/schema',
    $id: 'Picky',
    type: 'object',
    properties: {
      name: { type: 'string', $default: { $source: 'argv', index: 0 } },
      colour: { type: 'string', 'x-prompt': 'Which colour?' },
    },
  });
  write(
    `${collection}/index.js`,
    `exports.file = (options) => (tree) => { tree.create(options.name + '.json', JSON.stringify(options)); return tree; };
     exports.picky = ({ name }) => { if (name === 'bad') throw new Error('That is no name.'); return (tree, { logger }) => { logger.info('Do this next.'); tree.create('a.txt', ''); return tree; }; };
     exports.unfinished = () => (tree, { logger }) => { logger.error('a.txt has conflicts.'); tree.create('a.txt', ''); return tree; };
     exports.broken = () => (tree) => { tree.create('half.txt', ''); throw new Error('The name is taken. Choose another.'); };
     exports.installing = () => (tree, context) => { const { NodePackageInstallTask } = require(${JSON.stringify(require.resolve('@angular-devkit/schematics/tasks'))}); context.addTask(new NodePackageInstallTask()); tree.create('a.txt', ''); return tree; };
     exports.meeting = () => (tree) => { const { SchematicsException } = require(${JSON.stringify(require.resolve('@angular-devkit/schematics'))}); tree.create('half.txt', ''); throw new SchematicsException('One conflict.\\n  src/a.ts:7'); };
     exports.crash = () => () => { throw new TypeError('first line\\nsecond line'); };`,
  );
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

describe('nest generate <collection>:<schematic>', () => {
  it('runs the schematic with any flag and reports what it wrote', () => {
    const { status, stdout } = nest('g', 'fixtures:file', 'invoices', '--orm=typeorm', '--skipGit');
    expect(stdout).toMatch(/^CREATE invoices\.json \(\d+ bytes\)\n$/);
    expect(status).toBe(0);
    expect(require(join(project, 'invoices.json'))).toEqual({
      name: 'invoices',
      orm: 'typeorm',
      skipGit: true,
    });
  });

  it('knows a schematic by its alias', () => {
    expect(nest('generate', 'fixtures:f', 'a').status).toBe(0);
    expect(existsSync(join(project, 'a.json'))).toBe(true);
  });

  it.each(['-d', '--dry-run'])('writes nothing with %s', (flag) => {
    const { status, stdout } = nest('g', 'fixtures:file', 'a', flag);
    expect(stdout).toMatch(/^CREATE a\.json .*\nDry run: nothing was written\.\n$/);
    expect(status).toBe(0);
    expect(files()).toEqual(['package.json']);
  });

  it('finds the collection from a directory inside the project', () => {
    mkdirSync(join(project, 'src'));
    expect(run(join(project, 'src'), 'g', 'fixtures:file', 'a').status).toBe(0);
    expect(existsSync(join(project, 'src', 'a.json'))).toBe(true);
  });

  it('lists the options of a schematic', () => {
    const { status, stdout } = nest('g', 'fixtures:file', '--help');
    expect(stdout).toContain('nest generate fixtures:file [name] [options]');
    expect(stdout).toContain('--orm=<drizzle|typeorm>');
    expect(status).toBe(0);
  });

  it.each([
    ['a failing schematic', ['fixtures:broken'], 'The name is taken. Choose another.'],
    ['a crash', ['fixtures:crash'], 'first line'],
    [
      'a value that is none of the choices',
      ['fixtures:file', 'a', '--orm=prisma'],
      '--orm cannot be "prisma". Use one of: drizzle, typeorm.',
    ],
    [
      'a value of another type',
      ['fixtures:file', 'a', '--skip-git=maybe'],
      '--skip-git cannot be "maybe": it must be boolean.',
    ],
    ['a missing option', ['fixtures:file'], '--name is missing. Add --name=<value>.'],
    [
      'a file in the way',
      ['fixtures:file', 'package'],
      'package.json is in the way; nothing was written. Move it, or use --force.',
    ],
    [
      'an unknown schematic',
      ['fixtures:fil'],
      'fixtures has no schematic "fil". It has: broken, crash, file, installing, lost, meeting, picky, unfinished.',
    ],
    [
      'an unknown collection',
      ['@no/where:app'],
      'The collection "@no/where" is not installed here. Install it with: npm install --save-dev @no/where',
    ],
    [
      'a package without schematics',
      ['project:app'],
      '"project" has no schematics: its package.json names no collection. Check the name.',
    ],
    [
      'a missing collection file',
      ['./collection.json:app'],
      expect.stringMatching(/^There is no collection file \/.*\/collection\.json\.$/),
    ],
    [
      'a factory that cannot be loaded',
      ['fixtures:lost'],
      expect.stringMatching(/^fixtures cannot be loaded: Cannot find module '.*absent\.js'$/),
    ],
  ])('exits 1 with one line and writes nothing after %s', (_, args, message) => {
    const { status, stdout, stderr } = nest('g', ...args);
    expect(stderr.split('\n')).toEqual([expect.stringMatching(/^Error: /), '']);
    expect(stderr.slice('Error: '.length).trimEnd()).toEqual(message);
    expect(stdout).toBe('');
    expect(status).toBe(1);
    expect(files()).toEqual(['package.json']);
  });
});

it('prints all that a schematic says about why it wrote nothing', () => {
  const { status, stderr } = nest('g', 'fixtures:meeting', 'a');
  expect(stderr).toBe('Error: One conflict.\n  src/a.ts:7\n');
  expect(status).toBe(1);
  expect(existsSync(join(project, 'half.txt'))).toBe(false);
});

it('prints what a schematic has to say behind what was written', () => {
  const { stdout } = nest('g', 'fixtures:picky', 'good', '--colour=red');
  expect(stdout).toBe('CREATE a.txt (0 bytes)\nDo this next.\n');
});

it('ends with status 1 where something is left to be done by hand', () => {
  const { stdout, stderr, status } = nest('g', 'fixtures:unfinished');
  expect({ stdout, stderr, status }).toEqual({
    stdout: 'CREATE a.txt (0 bytes)\n',
    stderr: 'a.txt has conflicts.\n',
    status: 1,
  });
});

// `script` of util-linux gives a command a terminal.
const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
if (!hasTerminal)
  process.stderr.write('\nSKIPPED: no script(1), so nothing is tried on a terminal.\n');
(hasTerminal ? it : it.skip)('refuses a bad name before it asks anything', () => {
  const command = `${process.execPath} ${NEST} g fixtures:picky bad`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, CI: '' },
    input: '',
    timeout: 20_000,
  });
  expect(stdout).toContain('That is no name.');
  expect(stdout).not.toContain('colour');
  expect(status).toBe(1);
});

(hasTerminal ? it : it.skip)(
  'ends at Ctrl-C while packages are installed, with all that it has started',
  async () => {
    write('bin/npm', '#!/bin/sh\necho $$ > npm.pid\nexec sleep 60\n');
    chmodSync(join(project, 'bin/npm'), 0o755);
    // A terminal of `script` has no size, without which spinners do not end.
    const command = `stty cols 80; exec ${process.execPath} ${NEST} g fixtures:installing`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: project,
      env: { ...process.env, CI: '', PATH: `${join(project, 'bin')}:${process.env['PATH']}` },
    });
    const output = text(child.stdout);
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const ended = once(child, 'close');
    const pid = join(project, 'npm.pid');
    while (!existsSync(pid) || readFileSync(pid, 'utf8') === '') await sleep(50);
    // Pressed at once, it is sometimes the terminal's, which sends it to npm too, and sometimes the spinner's.
    while (!shown.includes('Installing packages')) await sleep(50);
    child.stdin.write('\u0003');
    expect(await ended).toEqual([130, null]);
    expect(await output).toContain('Stopped. The files were written;');
    expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
  },
);

describe('outside of a project', () => {
  it.each([[['--help']], [['help']], [[]]])('%j tells what there is', (args) => {
    const { stdout, status } = nest(...args);
    expect(stdout).toContain('nest g @mt/schematics:app my-saas');
    expect(status).toBe(0);
  });

  it('--version is that of this package', () => {
    const { stdout, status } = nest('--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(status).toBe(0);
  });

  it('new says what to type instead', () => {
    const { stderr, status } = nest('new', 'shop');
    expect(stderr).toContain('nest g @mt/schematics:app <name>');
    expect(status).toBe(1);
  });
});

describe('mt build-stale', () => {
  beforeEach(() => {
    installNestCli(`const fs = require('fs'); fs.mkdirSync('dist', { recursive: true });
      fs.writeFileSync('dist/main.js', ''); fs.appendFileSync('builds.txt', process.argv[2] + ';');
      process.exit(fs.existsSync('src/broken.ts') ? 2 : 0);`);
    write('src/main.ts', '');
  });
  const builds = () =>
    existsSync(join(project, 'builds.txt'))
      ? readFileSync(join(project, 'builds.txt'), 'utf8').split(';').length - 1
      : 0;

  it('builds what has changed, and nothing else', () => {
    for (let n = 0; n < 3; n++) expect(nest('build-stale').status).toBe(0);
    expect(builds()).toBe(1);
    write('src/other.ts', 'export {};');
    nest('build-stale');
    write('src/other.ts', 'export { };');
    nest('build-stale');
    rmSync(join(project, 'src/other.ts'));
    nest('build-stale');
    nest('build-stale');
    expect(builds()).toBe(4);
  });

  it('builds what somebody else has built or taken away', () => {
    nest('build-stale');
    write('dist/main.js', 'of another build');
    nest('build-stale');
    rmSync(join(project, 'dist'), { recursive: true });
    nest('build-stale');
    expect(builds()).toBe(3);
  });

  it('ends as a build that fails, each time', () => {
    write('src/broken.ts', '');
    expect(nest('build-stale').status).toBe(2);
    expect(nest('build-stale').status).toBe(2);
    expect(builds()).toBe(2);
  });
});

describe('every other command', () => {
  it('says what is missing when the project has no @nestjs/cli', () => {
    const { status, stderr } = nest('build', '--watch');
    expect(stderr).toBe(
      'Error: "nest build --watch" is a command of @nestjs/cli, which is not installed here. ' +
        'Install it with: npm install --save-dev @nestjs/cli\n',
    );
    expect(status).toBe(1);
  });

  it.each([
    [['build', '--webpack', 'a b', '$HOME']],
    [['g', 'resource', 'invoices', '--no-spec']],
    [['--version']],
    [[]],
  ])('passes %j on as it is, with its output and exit status', (args) => {
    installNestCli('console.log(JSON.stringify(process.argv.slice(2))); process.exit(3);');
    const { status, stdout } = nest(...args);
    expect(JSON.parse(stdout)).toEqual(args);
    expect(status).toBe(3);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'hands %s on and waits for the command to clean up',
    async (signal) => {
      installNestCli(
        `process.on('${signal}', () => { console.log('cleaned'); process.exit(7); });
         setInterval(() => undefined, 1000); console.log('ready');`,
      );
      const { code, output } = await signalWhenReady(signal);
      expect(output).toBe('ready\ncleaned\n');
      expect(code).toBe(7);
    },
  );

  it('dies of the signal that the command died of', async () => {
    installNestCli(`setInterval(() => undefined, 1000); console.log('ready');`);
    expect(await signalWhenReady('SIGTERM')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });
});

function nest(...args: string[]) {
  return run(project, ...args);
}

function run(cwd: string, ...args: string[]) {
  return spawnSync(process.execPath, [NEST, ...args], { cwd, encoding: 'utf8' });
}

function signalWhenReady(signal: NodeJS.Signals) {
  const child = spawn(process.execPath, [NEST, 'start', '--watch'], { cwd: project });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (output === '') child.kill(signal);
    output += chunk;
  });
  return new Promise<{ code: number | null; signal: string | null; output: string }>((resolve) => {
    child.once('close', (code, died) => resolve({ code, signal: died, output }));
  });
}

function installNestCli(script: string): void {
  const directory = 'node_modules/@nestjs/cli';
  write(`${directory}/package.json`, { name: '@nestjs/cli', bin: { nest: 'bin/nest.js' } });
  write(`${directory}/bin/nest.js`, script);
}

function write(path: string, content: string | object): void {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

function files(): string[] {
  return readdirSync(project).filter((name) => name !== 'node_modules');
}
