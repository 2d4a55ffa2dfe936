import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@mt/runtime/embedded';

export interface TestDatabase {
  readonly connectionString: string;
  /** Asks the database behind the runtime's back. */
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
}

/** Two may be asked for within a millisecond. */
let count = 0;

/**
 * A fresh database on a real server for the tests of a file. The files of one run share the server;
 * the last one stops it. TEST_SERVER_URL names another one, as a superuser: of an earlier version.
 */
export function useDatabase(): TestDatabase {
  const name = `test_${process.pid}_${Date.now()}_${count++}`;
  let server: Pick<EmbeddedPostgres, 'connectionString' | 'stop'>;
  let admin: pg.Client;
  let client: pg.Client;
  const database = { connectionString: '' };

  beforeAll(async () => {
    const given = process.env['TEST_SERVER_URL'];
    server = given
      ? { connectionString: given, stop: () => Promise.resolve() }
      : await startEmbeddedPostgres({
          directory: join(tmpdir(), `mt-test-${process.ppid}`),
          ephemeral: true,
        });
    admin = await connect(server.connectionString);
    await admin.query(`create database ${name}`);
    const url = new URL(server.connectionString);
    url.pathname = `/${name}`;
    database.connectionString = url.href;
    client = await connect(url.href);
  });

  afterAll(async () => {
    await client.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
    await server.stop();
  });

  return Object.assign(database, {
    query: async <R extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await client.query<R>(text, values)).rows,
  });
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
