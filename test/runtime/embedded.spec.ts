import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ConfigurationError } from '@mt/runtime';
import { startEmbeddedPostgres } from '@mt/runtime/embedded';
import { withFileLock } from '../../src/lib/embedded/file-lock.js';

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

it('is stopped by a process that does nothing else', () => {
  const script = `
    const { startEmbeddedPostgres } = require(${JSON.stringify(join(__dirname, '../../src/dist/cjs/embedded/index.js'))});
    startEmbeddedPostgres({ directory: ${JSON.stringify(join(folder, 'alone'))}, ephemeral: true })
      .then((server) => server.stop())
      .then(() => console.log('stopped'));`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect(stdout).toBe('stopped\n');
});

it('says what to do where it is not installed', async () => {
  await expect(
    startEmbeddedPostgres({ directory: join(folder, 'x'), project: folder }),
  ).rejects.toThrow(ConfigurationError);
});
