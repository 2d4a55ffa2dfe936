import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ConfigurationError } from '@mt/runtime';
import { startEmbeddedPostgres } from '@mt/runtime/embedded';

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

it('says what to do where it is not installed', async () => {
  await expect(
    startEmbeddedPostgres({ directory: join(folder, 'x'), project: folder }),
  ).rejects.toThrow(ConfigurationError);
});
