import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findPgBouncer } from './find.mjs';

const START_TIMEOUT_MS = 15_000;

/** PgBouncer refuses to run as root. The numbers of `nobody` do even where no account has them. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/**
 * PgBouncer, and beside it a process that ends with the pipe on descriptor 3, which this process
 * holds. So it does not outlive a run that was killed, and neither does the file of passwords.
 */
const WATCHED =
  '{ cat <&3 >/dev/null; kill -KILL $$; rm -rf "$2"; } & exec 3<&-; exec "$0" --quiet "$1"';

export async function startPgBouncer(options) {
  const program = findPgBouncer();
  if (!program) throw new Error('PgBouncer is not installed.');
  const account = process.getuid() === 0 ? NOBODY : undefined;
  const directory = await mkdtemp(join(tmpdir(), 'mt-pgbouncer-'));
  const config = join(directory, 'pgbouncer.ini');
  const port = await freePort();
  await write(config, configuration(options, directory, port));
  await write(join(directory, 'users'), users(options));
  if (account) await chown(directory, account.uid, account.gid);

  const child = spawn('sh', ['-c', WATCHED, program, config, directory], {
    ...account,
    cwd: '/',
    // Of a process group of its own: a signal to the group of a terminal would end who watches.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve).once('error', resolve);
  });
  const lifeline = child.stdio[3];
  lifeline.on('error', () => undefined);
  child.unref();
  lifeline.unref();

  let stopping;
  const stop = () => (stopping ??= stopOnce());
  async function stopOnce() {
    child.ref();
    lifeline.destroy();
    await ended;
    await rm(directory, { recursive: true, force: true });
  }

  const connectionString = through(options.connectionString, port);
  try {
    await accepts(connectionString, ended);
  } catch (error) {
    const log = await readFile(join(directory, 'log'), 'utf8').catch(() => 'It wrote no log.');
    await stop();
    throw new Error(`PgBouncer does not start: ${error.message}\n${log}`, { cause: error });
  }
  return { connectionString, admin: (command) => ask(consoleOf(connectionString), command), stop };

  async function write(file, text) {
    await writeFile(file, text, { mode: 0o600 });
    if (account) await chown(file, account.uid, account.gid);
  }
}

function configuration(
  { connectionString, poolMode, serverConnections, settings },
  directory,
  port,
) {
  const server = new URL(connectionString);
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: join(directory, 'users'),
    admin_users: decodeURIComponent(server.username),
    logfile: join(directory, 'log'),
    log_connections: 0,
    log_disconnections: 0,
    log_stats: 0,
    pool_mode: poolMode,
    default_pool_size: serverConnections,
    max_client_conn: 1_000,
    ...settings,
  };
  return [
    '[databases]',
    `* = host=${server.hostname} port=${server.port || 5432}`,
    '[pgbouncer]',
    ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n');
}

/** With the passwords themselves: it needs them for the server, whose secrets it cannot know. */
function users({ connectionString, users: others = [] }) {
  const { username, password } = new URL(connectionString);
  const first = { name: decodeURIComponent(username), password: decodeURIComponent(password) };
  return [first, ...others]
    .map((user) => `${quoted(user.name)} ${quoted(user.password)}\n`)
    .join('');
}

function quoted(value) {
  return `"${value.replaceAll('"', '""')}"`;
}

function through(connectionString, port) {
  const url = new URL(connectionString);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}

function consoleOf(connectionString) {
  const url = new URL(connectionString);
  url.pathname = '/pgbouncer';
  return url.href;
}

/** Waits until a client gets through to the server and an answer back. */
async function accepts(connectionString, ended) {
  let exited = false;
  void ended.then(() => (exited = true));
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await ask(connectionString, 'select 1');
      return;
    } catch (error) {
      if (exited || error.code !== 'ECONNREFUSED' || Date.now() > deadline) throw error;
    }
    await delay(20);
  }
}

async function ask(connectionString, text) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: START_TIMEOUT_MS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
