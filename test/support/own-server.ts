import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@mt/runtime/embedded';
import pg from 'pg';
import { findBinaries } from '../../src/lib/embedded/binaries.js';
import { run } from '../../src/lib/embedded/run.js';
import { serverUser } from '../../src/lib/embedded/server-user.js';

export interface OwnServer {
  readonly connectionString: string;
  /** Breaks every connection, and comes back on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A server that a test may stop and start, since nobody else is on it. */
export async function startOwnServer(): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mt-server-'));
  const server = await startEmbeddedPostgres({ directory: join(folder, 'pg'), ephemeral: true });
  return {
    connectionString: server.connectionString,
    restart: () => restart(server),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function restart({ connectionString }: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  // Where the server's account could not get to the folder, its data lies elsewhere.
  const { rows } = await client.query<{ directory: string }>(
    `select current_setting('data_directory') as directory`,
  );
  await client.end();
  const user = await serverUser();
  const { pgCtl } = await findBinaries(process.cwd(), user);
  const directory = rows[0]?.directory ?? '';
  // Starting it anew would give it another port.
  await run(pgCtl, ['restart', '--wait', '--silent', '-m', 'fast', '-D', directory], user);
}
