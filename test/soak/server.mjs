import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '@mt/runtime/embedded';
import { findBinaries } from '../../src/dist/cjs/embedded/binaries.js';
import { run } from '../../src/dist/cjs/embedded/run.js';
import { serverUser } from '../../src/dist/cjs/embedded/server-user.js';

/** How the harness's own connections are told from those under test. */
const HARNESS = 'mt-soak-harness';
export const NOT_UNDER_TEST = `('${HARNESS}', 'embedded-postgres')`;

const NO_SOCKET = "-c unix_socket_directories=''";
const START_TIMEOUT_MS = 60_000;

/** A server of its own, which can be stopped and started under load on the same port. */
export async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'mt-soak-'));
  const embedded = await startEmbeddedPostgres({ directory: join(folder, 'pg'), ephemeral: true });
  const port = await freePort();
  const data = await configure(embedded.connectionString, port);
  const user = await serverUser();
  const { pgCtl } = await findBinaries(fileURLToPath(new URL('.', import.meta.url)), user);
  const control = (...args) => run(pgCtl, [...args, '--wait', '--silent', '-D', data], user);
  const url = new URL(embedded.connectionString);
  url.port = String(port);
  const connectionString = url.href;
  let running = true;

  const server = {
    connectionString,

    /** @param mode `fast` ends sessions in an orderly way, `immediate` is a crash with recovery */
    async halt(mode) {
      running = false;
      await control('stop', '-m', mode);
    },

    /** @returns when it took its first connection, as Date.now() tells it */
    async resume() {
      const [at] = await Promise.all([
        firstConnection(connectionString),
        // The one setting that ALTER SYSTEM cannot make empty.
        control('start', '-l', join(dirname(data), 'server.log'), '-o', NO_SOCKET),
      ]);
      running = true;
      return at;
    },

    async stop() {
      if (!running) await server.resume();
      await embedded.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  // The configuration applies from the second start on.
  await server.halt('fast');
  await server.resume();
  return server;
}

/**
 * A port that no client is given as its own while the server is away: it would then connect to
 * itself, and the server could not come back.
 */
async function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const probe = createServer();
    probe.listen(port, '127.0.0.1');
    const listening = await once(probe, 'listening').catch(() => undefined);
    if (!listening) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/**
 * Puts into the configuration what the command line said when it was first started. Commits reach the
 * write-ahead log before they are acknowledged: an orderly crash of the server loses none.
 *
 * @returns the directory of the data
 */
async function configure(connectionString, port) {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    max_connections: '100',
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'on',
    deadlock_timeout: '100ms',
    log_min_messages: 'fatal',
  };
  for (const [name, value] of Object.entries(settings)) {
    await ask(connectionString, `alter system set ${name} = '${value}'`);
  }
  const [row] = await ask(connectionString, 'show data_directory');
  return row.data_directory;
}

async function firstConnection(connectionString) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await ask(connectionString, 'select');
      return Date.now();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(2);
  }
}

/** Asks on a connection of its own, which no fault is done to. */
export async function ask(connectionString, text, values) {
  const client = new pg.Client({ connectionString, application_name: HARNESS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
