import {
  isRetryable,
  runWithTenant,
  type ConnectionManagerOptions,
  type Tenant,
} from '@mt/runtime';
import { Socket } from 'node:net';
import { useAccounts } from '../../support/accounts.js';
import { useDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import {
  startWireServer,
  WELCOME,
  wire,
  type Received,
  type Session,
  type WireServer,
} from '../../support/wire-server.js';

// Why a connection cannot be opened, and whether it may work the next time. Nothing was done in any case.

const database = useDatabase();
const accounts = useAccounts();

const acme = {
  id: 'a',
  slug: 'acme',
  schema: 'acme',
  placement: 'main',
  updatedAt: new Date(),
} as unknown as Tenant;

function attempt(options: ConnectionManagerOptions): () => Promise<unknown> {
  const connections = accounts.connect({ max: 1, connectionTimeoutMs: 2_000, ...options });
  return () =>
    runWithTenant(acme, () => connections.pool.query('select 1')).catch((error: unknown) => error);
}

/** More often than there are slots. */
async function expectFailure(
  ask: () => Promise<unknown>,
  retryable: boolean,
  expected: object = {},
): Promise<void> {
  for (let n = 0; n < 3; n++) {
    const error = await ask();
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable, ...expected });
    expect(isRetryable(error)).toBe(retryable);
  }
}

function changed(change: (url: URL) => void): string {
  const url = new URL(database.connectionString);
  change(url);
  return url.href;
}

describe('a server', () => {
  const env = { ...process.env };

  beforeEach(() => {
    delete process.env['PGPASSWORD'];
    process.env['PGPASSFILE'] = '/nowhere/pgpass';
  });

  afterEach(() => {
    process.env = { ...env };
  });

  it.each<[string, (url: URL) => void, boolean, object]>([
    ['no password', (url) => (url.password = ''), false, {}],
    ['a wrong password', (url) => (url.password = 'x'), false, { cause: { code: '28P01' } }],
    ['an unknown user', (url) => (url.username = 'nobody'), false, { cause: { code: '28P01' } }],
    [
      'an unknown database',
      (url) => (url.pathname = '/nowhere'),
      false,
      { cause: { code: '3D000' } },
    ],
    [
      'an unknown host',
      (url) => (url.hostname = 'nowhere.invalid'),
      false,
      { cause: { code: 'ENOTFOUND' } },
    ],
    ['nobody there', (url) => (url.port = '1'), true, { cause: { code: 'ECONNREFUSED' } }],
    ['TLS that it does not have', (url) => (url.search = 'sslmode=no-verify'), false, {}],
    [
      'an unknown setting',
      (url) => (url.search = 'options=-c nonsense=1'),
      false,
      { cause: { code: '42704' } },
    ],
    [
      'a value that a setting cannot have',
      (url) => (url.search = 'options=-c work_mem=x'),
      false,
      { cause: { code: '22023' } },
    ],
    [
      'a directory without a socket',
      (url) => (url.search = 'host=/nowhere'),
      true,
      { cause: { code: 'ENOENT' } },
    ],
  ])('with %s', async (_, change, retryable, expected) => {
    await expectFailure(attempt({ connectionString: changed(change) }), retryable, expected);
  });

  it('that has no connection to spare', async () => {
    const role = `none_${process.pid}`;
    await database.query(`create role ${role} login password 'none' connection limit 0`);
    const url = changed((to) => {
      to.username = role;
      to.password = 'none';
    });
    const ask = attempt({ connectionString: url });
    await expectFailure(ask, true, { cause: { code: '53300' } });
    await database.query(`alter role ${role} connection limit 1`);
    expect(await ask()).toMatchObject({ rowCount: 1 });
  });

  it('that does not let anybody into a database', async () => {
    const name = `closed_${process.pid}`;
    await database.query(`create database ${name} allow_connections false`);
    const url = changed((to) => (to.pathname = `/${name}`));
    await expectFailure(attempt({ connectionString: url }), false, { cause: { code: '55000' } });
    await database.query(`drop database ${name}`);
  });

  it.each<[string, () => unknown, object]>([
    ['returns nothing', () => undefined, {}],
    ['returns a promise of nothing', () => Promise.resolve(undefined), {}],
    ['returns a number', () => 5, { cause: { message: 'Password must be a string' } }],
    [
      'throws',
      () => {
        throw new Error('no token');
      },
      { cause: { message: 'no token' } },
    ],
    ['rejects', () => Promise.reject(new Error('no token')), { cause: { message: 'no token' } }],
    ['rejects with nothing', () => Promise.reject(), {}],
  ])('with a password function that %s', async (_, password, expected) => {
    const url = changed((to) => (to.password = ''));
    const pool = { password: password as () => string };
    await expectFailure(attempt({ connectionString: url, pool }), false, expected);
  });

  it('with a password function whose own network fails', async () => {
    const url = changed((to) => (to.password = ''));
    const refused = Object.assign(new Error('connect'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });
    const password = () => Promise.reject(new TypeError('fetch failed', { cause: refused }));
    await expectFailure(attempt({ connectionString: url, pool: { password } }), true);
  });

  it('with a password function that never answers', async () => {
    const url = changed((to) => (to.password = ''));
    const password = () => new Promise<string>(() => undefined);
    const ask = attempt({ connectionString: url, connectionTimeoutMs: 100, pool: { password } });
    for (let n = 0; n < 3; n++) {
      expect(await ask()).toMatchObject({ code: 'CONNECTION_TIMEOUT', retryable: true });
    }
    // Nothing waits there for a password.
    await eventually(async () => (await unfinished()) === 0);
  });

  it('with a password function that rejects when it is too late', async () => {
    const url = changed((to) => (to.password = ''));
    let reject: (error: Error) => void = () => undefined;
    const password = () => new Promise<string>((_, fail) => (reject = fail));
    const ask = attempt({ connectionString: url, connectionTimeoutMs: 60, pool: { password } });
    expect(await ask()).toMatchObject({ code: 'CONNECTION_TIMEOUT' });
    reject(new Error('too late'));
    expect(await ask()).toMatchObject({ code: 'CONNECTION_TIMEOUT' });
  });

  it.each<[string, string, boolean]>([
    ['EAI_AGAIN', 'getaddrinfo', true],
    ['ENOTFOUND', 'getaddrinfo', false],
    ['ETIMEDOUT', 'connect', true],
    ['EHOSTUNREACH', 'connect', true],
    ['ENETUNREACH', 'connect', true],
    ['ECONNRESET', 'read', true],
    ['EMFILE', 'connect', true],
    ['EACCES', 'connect', false],
    ['EPROTO', 'write', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', '', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '', false],
    ['CERT_HAS_EXPIRED', '', false],
  ])('to which the network answers %s', async (code, syscall, retryable) => {
    const stream = () => {
      const socket = new Socket();
      socket.connect = () => {
        process.nextTick(() => socket.destroy(Object.assign(new Error(code), { code, syscall })));
        return socket;
      };
      return socket;
    };
    const options = { connectionString: database.connectionString, pool: { stream } };
    await expectFailure(attempt(options), retryable, { cause: { code } });
  });

  async function unfinished(): Promise<number> {
    const rows = await database.query(
      `select from pg_stat_activity where backend_type = 'client backend' and datname is null`,
    );
    return rows.length;
  }
});

describe('a server or a pooler', () => {
  let server: WireServer;
  let answer: (received: Received, session: Session) => void;

  beforeEach(async () => {
    server = await startWireServer((received, session) => answer(received, session));
  });

  afterEach(async () => {
    await accounts.settle();
    // What could not be opened does not stay open.
    await eventually(() => server.open === 0);
    await server.close();
  });

  /** It lets in whoever comes, and answers any statement with nothing. */
  const welcoming = ({ type }: Received, session: Session) => {
    if (type === '') session.send(...WELCOME);
    if (type === 'S')
      session.send(
        wire.parseComplete,
        wire.bindComplete,
        wire.noData,
        wire.complete('SELECT 1'),
        wire.parseComplete,
        wire.bindComplete,
        wire.noData,
        wire.complete('SELECT 1'),
        wire.ready(),
      );
    if (type === 'X') session.end();
  };

  it.each<[code: string, message: string, retryable: boolean]>([
    ['57P03', 'the database system is starting up', true],
    ['57P03', 'the database system is shutting down', true],
    ['57P03', 'the database system is in recovery mode', true],
    ['57P01', 'terminating connection due to administrator command', true],
    ['57P02', 'terminating connection because of crash of another server process', true],
    ['57P04', 'database was dropped', false],
    ['57014', 'canceling authentication due to timeout', true],
    ['53300', 'sorry, too many clients already', true],
    ['53200', 'out of memory', true],
    ['53100', 'could not write: No space left on device', true],
    ['58000', 'server closed the connection', true],
    ['58030', 'could not read file', true],
    ['58P01', 'could not open file', false],
    ['08000', 'connection exception', true],
    ['08001', 'the pooler cannot reach the server', true],
    ['08003', 'the connection does not exist', true],
    ['08004', 'rejected', false],
    ['08006', 'the connection failed', true],
    ['08P01', 'query_wait_timeout', true],
    ['08P01', 'no more connections allowed (max_client_conn)', true],
    ['08P01', 'client connections exceeded (max_db_client_connections)', true],
    [
      '08P01',
      'server login has been failing, cached error: connect failed (server_login_retry)',
      true,
    ],
    [
      '08P01',
      'server login has been failing, cached error: FATAL: password authentication failed for user "app" (server_login_retry)',
      false,
    ],
    [
      '08P01',
      'server login has been failing, cached error: FATAL: database "x" does not exist (server_login_retry)',
      false,
    ],
    ['08P01', 'pooler is shutting down', true],
    ['08P01', 'client_login_timeout (server down)', true],
    ['08P01', 'no such database: app', false],
    ['08P01', 'no such user', false],
    ['08P01', 'database "app" is disabled', false],
    ['08P01', 'SASL authentication failed', false],
    ['08P01', 'password authentication failed', false],
    ['08P01', 'unsupported startup parameter: lock_timeout', false],
    ['08P01', 'SSL required', false],
    ['08P01', 'bouncer config error', false],
    ['08P01', 'invalid startup packet layout: expected terminator as last byte', false],
    [
      '28000',
      'no pg_hba.conf entry for host "::1", user "app", database "app", no encryption',
      false,
    ],
    ['28P01', 'password authentication failed for user "app"', false],
    ['3D000', 'database "app" does not exist', false],
    ['42501', 'permission denied for database', false],
    ['0A000', 'unsupported frontend protocol', false],
    ['XX000', 'Tenant or user not found', false],
    ['55000', 'database "app" is not currently accepting connections', false],
  ])('that says %s: %s', async (code, message, retryable) => {
    for (const severity of ['FATAL', 'ERROR', 'ФАТАЛЬНАЯ']) {
      answer = (_, session) => session.end(wire.error(code, message, severity));
      const ask = attempt({ connectionString: server.connectionString });
      await expectFailure(ask, retryable, { cause: { code } });
      // What may work the next time does, once it is over.
      if (!retryable || severity !== 'FATAL') continue;
      answer = welcoming;
      expect(await ask()).not.toBeInstanceOf(Error);
    }
  });

  it.each<[string, (received: Received, session: Session) => void, boolean]>([
    ['closes the connection at once', (_, session) => session.end(), true],
    ['resets the connection', (_, { socket }) => void socket.resetAndDestroy(), true],
    [
      'lets in and closes at once',
      (_, session) => session.end(wire.authenticationOk, wire.keyData),
      true,
    ],
  ])('that %s', async (_, does, retryable) => {
    answer = does;
    await expectFailure(attempt({ connectionString: server.connectionString }), retryable);
  });

  it.each<[string, (received: Received, session: Session) => void]>([
    ['has no TLS', (_, { socket }) => void socket.write('N')],
    [
      'is no PostgreSQL server',
      (_, { socket }) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ],
    [
      'says that it has TLS, and has none',
      (_, { socket }) => {
        socket.write('S');
        socket.once('data', () => socket.end('no TLS here, whatever was said before'));
      },
    ],
  ])('with TLS on, where it %s', async (_, does) => {
    answer = does;
    const ssl = { rejectUnauthorized: false };
    await expectFailure(
      attempt({ connectionString: server.connectionString, pool: { ssl } }),
      false,
    );
  });

  it.each([
    ['cleartext', wire.cleartextPassword],
    ['MD5', wire.md5Password],
  ])('that asks for a password by %s, of somebody who has none', async (_, request) => {
    const before = process.env['PGPASSFILE'];
    process.env['PGPASSFILE'] = '/nowhere/pgpass';
    answer = ({ type }, session) => {
      if (type === '') session.send(request);
      else session.end(wire.error('28P01', 'password authentication failed', 'FATAL'));
    };
    const connectionString = server.connectionString.replace(':secret', '');
    await expectFailure(attempt({ connectionString }), false);
    const nothing = (() => undefined) as unknown as () => string;
    await expectFailure(attempt({ connectionString, pool: { password: nothing } }), false);
    if (before === undefined) delete process.env['PGPASSFILE'];
    else process.env['PGPASSFILE'] = before;
  });

  it('that takes a connection and says nothing', async () => {
    answer = () => undefined;
    const ask = attempt({ connectionString: server.connectionString, connectionTimeoutMs: 80 });
    for (let n = 0; n < 3; n++) {
      expect(await ask()).toMatchObject({ code: 'CONNECTION_TIMEOUT', retryable: true });
    }
  });

  it('that takes a connection and says nothing, where nobody waits, does not hold up the end', async () => {
    answer = () => undefined;
    const connections = accounts.connect({
      connectionString: server.connectionString,
      connectionTimeoutMs: 0,
      drainTimeoutMs: 100,
    });
    const asked = connections.unscopedQuery('select 1').catch((error: unknown) => error);
    await eventually(() => server.open === 1);
    const started = performance.now();
    await connections.close();
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await asked).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});
