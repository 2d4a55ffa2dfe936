import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import {
  ConfigurationError,
  ConnectionManager,
  IsolationMonitor,
  runWithTenant,
  TenantRegistry,
  tryCurrentTenant,
  type ConnectionManagerOptions,
  type Tenant,
} from '@mt/runtime';
import pg from 'pg';
import { useAccounts } from '../../support/accounts.js';
import { eventually } from '../../support/eventually.js';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy();
const accounts = useAccounts();
let acme: Tenant;
let where: { host: string; port: number; user: string; database: string };
let password: string;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  const { hostname, port, username, pathname, password: secret } = new URL(url());
  where = { host: hostname, port: Number(port), user: username, database: pathname.slice(1) };
  password = secret;
});

function url(): string {
  return tenancy.database.connectionString;
}

function urlWithout(part: 'password' | 'username' | 'pathname'): string {
  const changed = new URL(url());
  if (part === 'username') changed.password = '';
  changed[part] = '';
  return changed.href;
}

async function ask(connections: ConnectionManager, text: string): Promise<unknown> {
  const { rows } = await runWithTenant(acme, () => connections.pool.query(text));
  return Object.values(rows[0] as object)[0];
}

async function askDirectly(connections: ConnectionManager, text: string): Promise<unknown> {
  const client = connections.separateClient();
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return Object.values(rows[0] as object)[0];
}

async function askAsOwner(connections: ConnectionManager, text: string): Promise<unknown> {
  const { rows } = await connections.adminQuery<Record<string, unknown>>(text);
  return Object.values(rows[0] as object)[0];
}

describe('a password', () => {
  const forms: Record<string, () => pg.PoolConfig['password']> = {
    text: () => password,
    'a function': () => () => password,
    'an async function': () => async () => {
      await delay(1);
      return password;
    },
  };
  const places: Record<string, (secret: pg.PoolConfig['password']) => ConnectionManagerOptions> = {
    'pool, with all else': (secret) => ({ pool: { ...where, password: secret } }),
    'pool, beside a URL without': (secret) => ({
      connectionString: urlWithout('password'),
      pool: { password: secret },
    }),
    'pool, beside a URL of its own': (secret) => ({
      pool: { connectionString: urlWithout('password'), password: secret },
    }),
    'pool, for placements': (secret) => ({
      pool: { password: secret },
      placements: { main: { connectionString: urlWithout('password') } },
    }),
    'pool, for the logins of URLs': (secret) => ({
      connectionString: urlWithout('password'),
      adminConnectionString: urlWithout('password'),
      directConnectionString: urlWithout('password'),
      pool: { password: secret },
    }),
    'a placement': (secret) => ({ placements: { main: { ...where, password: secret } } }),
    'a placement with a URL': (secret) => ({
      placements: { main: { connectionString: urlWithout('password'), password: secret } },
    }),
    'admin and direct': (secret) => ({
      placements: {
        main: {
          connectionString: url(),
          admin: { connectionString: urlWithout('password'), password: secret },
          direct: { connectionString: urlWithout('password'), password: secret },
        },
      },
    }),
    'admin and direct, with all else': (secret) => ({
      placements: {
        main: {
          connectionString: url(),
          admin: { ...where, password: secret },
          direct: { ...where, password: secret },
        },
      },
    }),
    'a placement, whose way admin and direct are': (secret) => ({
      placements: { main: { ...where, password: secret, admin: { max: 1 }, direct: {} } },
    }),
    'options that node-postgres has had': (secret) => ({
      pool: new pg.Pool({ ...where, password: secret }).options,
    }),
    'a placement that node-postgres has had': (secret) => ({
      placements: { main: new pg.Pool({ ...where, password: secret }).options },
    }),
  };

  describe.each(Object.entries(places))('in %s', (_, options) => {
    it.each(Object.entries(forms))('is used on each way: %s', async (__, form) => {
      const connections = accounts.connect(options(form()));
      expect(await ask(connections, 'select 1')).toBe(1);
      expect(await askAsOwner(connections, 'select 2')).toBe(2);
      expect(await askDirectly(connections, 'select 3')).toBe(3);
    });
  });

  it('is asked for anew for each connection, as nobody', async () => {
    const asked: unknown[] = [];
    const secret = () => {
      asked.push(tryCurrentTenant());
      return password;
    };
    const connections = accounts.connect({ pool: { ...where, password: secret }, max: 2 });
    await Promise.all([ask(connections, 'select 1'), ask(connections, 'select 2')]);
    expect(asked).toEqual([undefined, undefined]);
  });

  it('goes before one in `pool`, which is another login’s', async () => {
    const connections = accounts.connect({
      pool: { password: 'wrong' },
      placements: { main: { ...where, password } },
    });
    expect(await ask(connections, 'select 1')).toBe(1);
  });

  it('is shown by nothing that is printed', () => {
    const connections = accounts.connect({
      pool: { ...where, password: 's3cret-text', ssl: { key: 's3cret-text' } },
    });
    const all = [connections, connections.pool, connections.placement(), connections.stats()];
    expect(inspect(all, { depth: 10 })).not.toContain('s3cret');
    expect(JSON.stringify(all)).not.toContain('s3cret');
  });
});

describe('an option of node-postgres', () => {
  const settings: [option: string, pg.PoolConfig & object, text: string, seen: unknown][] = [
    ['application_name', { application_name: 'mine' }, 'show application_name', 'mine'],
    [
      'fallback_application_name',
      { fallback_application_name: 'fb' },
      'show application_name',
      'fb',
    ],
    ['statement_timeout', { statement_timeout: 1_234 }, 'show statement_timeout', '1234ms'],
    ['lock_timeout', { lock_timeout: 1_235 }, 'show lock_timeout', '1235ms'],
    [
      'idle_in_transaction_session_timeout',
      { idle_in_transaction_session_timeout: 1_236 },
      'show idle_in_transaction_session_timeout',
      '1236ms',
    ],
    ['options', { options: '-c work_mem=1234kB' }, 'show work_mem', '1234kB'],
    ['binary', { binary: true } as object, 'select 7::int4', 7],
    ['client_encoding', { client_encoding: 'UTF8' }, 'show client_encoding', 'UTF8'],
    ['types', { types: { getTypeParser: () => () => 'parsed' } }, 'select 1', 'parsed'],
  ];

  describe.each(settings)('%s', (_, option, text, seen) => {
    it('has its effect from `pool`, on each way', async () => {
      const connections = accounts.connect({ connectionString: url(), pool: option });
      expect(await ask(connections, text)).toEqual(seen);
      expect(await askAsOwner(connections, text)).toEqual(seen);
      expect(await askDirectly(connections, text)).toEqual(seen);
    });

    it('has its effect from a placement, from admin and from direct', async () => {
      const connectionString = url();
      const way = { connectionString, ...option };
      const connections = accounts.connect({
        placements: { main: { ...way, admin: way, direct: way } },
      });
      expect(await ask(connections, text)).toEqual(seen);
      expect(await askAsOwner(connections, text)).toEqual(seen);
      expect(await askDirectly(connections, text)).toEqual(seen);
    });
  });

  it.each([
    ['application_name=url', 'show application_name', 'url'],
    ['fallback_application_name=url', 'show application_name', 'url'],
    ['statement_timeout=1234', 'show statement_timeout', '1234ms'],
    ['lock_timeout=1235', 'show lock_timeout', '1235ms'],
    [
      'idle_in_transaction_session_timeout=1236',
      'show idle_in_transaction_session_timeout',
      '1236ms',
    ],
    ['options=-c%20work_mem%3D1234kB', 'show work_mem', '1234kB'],
    ['sslmode=disable&channel_binding=prefer', 'select 1', 1],
  ])('has its effect from a URL: ?%s', async (parameter, text, seen) => {
    const connections = accounts.connect({ connectionString: `${url()}?${parameter}` });
    expect(await ask(connections, text)).toEqual(seen);
    expect(await askDirectly(connections, text)).toEqual(seen);
  });

  it('query_timeout ends a statement, and costs one connection', async () => {
    const connections = accounts.connect({ connectionString: url(), pool: { query_timeout: 50 } });
    await expect(ask(connections, 'select pg_sleep(2)')).rejects.toThrow('timeout');
    expect(await ask(connections, 'select 1')).toBe(1);
  });

  it('the settings of a placement are not those of its admin login', async () => {
    const main = { connectionString: url(), statement_timeout: 1_234, admin: {} };
    const connections = accounts.connect({ placements: { main } });
    expect(await askAsOwner(connections, 'show statement_timeout')).toBe('0');
  });

  it('max of a placement and of its admin login are theirs', async () => {
    const connectionString = url();
    const connections = accounts.connect({
      max: 5,
      placements: {
        main: { connectionString, max: 3, admin: { connectionString, max: 2 } },
        other: { connectionString },
      },
    });
    expect(connections.placement().application.max).toBe(3);
    expect(connections.maxAdminConnections).toBe(2);
    expect(connections.placement('other').application.max).toBe(5);
    const work = Array.from({ length: 6 }, () => ask(connections, 'select pg_sleep(0.2)'));
    await eventually(() => connections.getTotalCount() === 3);
    await Promise.all(work);
    expect(connections.getTotalCount()).toBe(3);
  });

  it('connectionTimeoutMillis is how long a placement has one wait', async () => {
    const main = { connectionString: url(), max: 1, connectionTimeoutMillis: 60 };
    const connections = accounts.connect({ connectionTimeoutMs: 60_000, placements: { main } });
    const slow = ask(connections, 'select pg_sleep(0.4)');
    await expect(ask(connections, 'select 1')).rejects.toMatchObject({
      code: 'CONNECTION_TIMEOUT',
      message: expect.stringContaining('60 ms') as string,
    });
    await slow;
  });

  it.each<[string, ConnectionManagerOptions]>([
    ['connectionTimeoutMs', { connectionTimeoutMs: 80 }],
    ['pool.connectionTimeoutMillis', { pool: { connectionTimeoutMillis: 80 } }],
  ])('%s is how long connecting may take, on each way', async (_, options) => {
    // It takes connections, and says nothing.
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const connections = accounts.connect({
      ...options,
      connectionString: `postgres://app:x@127.0.0.1:${port}/app`,
    });
    const started = performance.now();
    await expect(ask(connections, 'select 1')).rejects.toMatchObject({
      code: 'CONNECTION_TIMEOUT',
      retryable: true,
    });
    await expect(connections.separateClient().connect()).rejects.toThrow('timeout');
    expect(performance.now() - started).toBeLessThan(1_000);
    server.close();
  });

  it('min keeps so many open, idleTimeoutMillis closes the others', async () => {
    const pool = { min: 1, idleTimeoutMillis: 50 };
    const connections = accounts.connect({ connectionString: url(), max: 3, pool });
    const asked = [1, 2, 3].map((n) => ask(connections, `select pg_sleep(0.5), ${n}`));
    // While they run: on a busy machine one may have been idle for long when the last is done.
    await eventually(() => connections.getTotalCount() === 3);
    await Promise.all(asked);
    await eventually(() => connections.getTotalCount() === 1);
    await delay(200);
    expect(connections.getTotalCount()).toBe(1);
  });

  it('onConnect and verify see each new connection, before it is used', async () => {
    const seen: string[] = [];
    const connections = accounts.connect({
      connectionString: url(),
      max: 1,
      pool: {
        // Its published type says that nothing is waited for.
        onConnect: (client): unknown =>
          client.query(`set work_mem = '1234kB'`).then(() => {
            seen.push(`connected as ${tryCurrentTenant()?.slug ?? 'nobody'}`);
          }),
        verify: (client, done) => {
          seen.push('verified');
          client.query('select 1').then(() => done(), done);
        },
      },
    });
    expect(await ask(connections, 'show work_mem')).toBe('1234kB');
    await ask(connections, 'select 1');
    expect(seen).toEqual(['connected as nobody', 'verified']);
  });

  const broken = new Error('the hook broke');
  it.each<[string, pg.PoolConfig]>([
    [
      'onConnect throws',
      {
        onConnect: () => {
          throw broken;
        },
      },
    ],
    ['onConnect rejects', { onConnect: () => Promise.reject(broken) as never }],
    [
      'verify throws',
      {
        verify: () => {
          throw broken;
        },
      },
    ],
    ['verify refuses', { verify: (_, done) => done(broken) }],
  ])('where %s, the connection is closed and its slot is free', async (_, pool) => {
    const before = await backendsCalled('mt-runtime');
    const connections = accounts.connect({ connectionString: url(), max: 1, pool });
    for (let n = 0; n < 3; n++) {
      await expect(ask(connections, 'select 1')).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        retryable: false,
        cause: broken,
      });
    }
    expect(connections.getTotalCount()).toBe(0);
    // Those of others may be closed meanwhile, having been idle for long enough.
    await eventually(async () => (await backendsCalled('mt-runtime')) <= before);
  });

  it('where onConnect never ends, connecting does', async () => {
    const pool = { onConnect: () => new Promise(() => undefined) as never };
    const options = { connectionString: url(), max: 1, connectionTimeoutMs: 100, pool };
    const connections = accounts.connect(options);
    for (let n = 0; n < 2; n++) {
      await expect(ask(connections, 'select 1')).rejects.toMatchObject({
        code: 'CONNECTION_TIMEOUT',
      });
    }
  });

  it('log hears of the pool, and may throw', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation();
    const heard = jest.fn(() => {
      throw new Error('the log broke');
    });
    const connections = accounts.connect({ connectionString: url(), pool: { log: heard } });
    expect(await ask(connections, 'select 1')).toBe(1);
    expect(heard).toHaveBeenCalled();
    expect(warned).toHaveBeenCalled();
    warned.mockRestore();
  });

  it('stream makes the sockets, keepAlive and its delay are set on them', async () => {
    const sockets: Socket[] = [];
    const kept: unknown[] = [];
    const stream = () => {
      const socket = new Socket();
      const setKeepAlive = socket.setKeepAlive.bind(socket);
      socket.setKeepAlive = (...args) => {
        kept.push(args);
        return setKeepAlive(...args);
      };
      sockets.push(socket);
      return socket;
    };
    const connections = accounts.connect({
      connectionString: url(),
      pool: { stream, keepAliveInitialDelayMillis: 5_000 },
    });
    await ask(connections, 'select 1');
    expect(sockets).toHaveLength(1);
    expect(kept).toEqual([[true, 5_000]]);
    const off = accounts.connect({ connectionString: url(), pool: { stream, keepAlive: false } });
    await ask(off, 'select 1');
    expect(kept).toHaveLength(1);
  });

  it('stream that throws is an error, and loses no slot', async () => {
    const stream = () => {
      throw new Error('no stream');
    };
    const connections = accounts.connect({ connectionString: url(), max: 1, pool: { stream } });
    for (let n = 0; n < 3; n++) {
      await expect(ask(connections, 'select 1')).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
    }
    expect(connections.getTotalCount()).toBe(0);
  });

  it('allowExitOnIdle lets the process end', async () => {
    const child = spawn(
      process.execPath,
      [
        '-e',
        `const { ConnectionManager } = require('./src/dist/cjs/index.js');
         const connections = new ConnectionManager({
           connectionString: process.env.URL, pool: { allowExitOnIdle: true, idleTimeoutMillis: 60_000 } });
         connections.unscopedQuery('select 1').then(() => console.log('done'));`,
      ],
      { env: { ...process.env, URL: url() }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('ssl that the server does not have is refused, and not fallen back from', async () => {
    const options = { connectionString: url(), pool: { ssl: Object.freeze({ key: 'k' }) } };
    await expect(ask(accounts.connect(options), 'select 1')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: false,
    });
  });

  const whole = [Number.NaN, Infinity, -1, 2 ** 31, 1.5, '5', 5n, null];
  const refused: [string, object][] = [
    ...['max', 'maxUses', 'min', 'maxLifetimeSeconds', 'idleTimeoutMillis'].flatMap((option) =>
      whole
        .filter(
          (value) =>
            !(option === 'idleTimeoutMillis' && value === null) &&
            !(option === 'maxUses' && value === Infinity),
        )
        .map((value): [string, object] => [option, { [option]: value }]),
    ),
    ...[
      'connectionTimeoutMillis',
      'idle_in_transaction_session_timeout',
      'keepAliveInitialDelayMillis',
      'lock_timeout',
      'port',
      'query_timeout',
      'statement_timeout',
    ].flatMap((option) => whole.map((value): [string, object] => [option, { [option]: value }])),
    ['port', { port: 0 }],
    ['port', { port: 65_536 }],
    ['statement_timeout', { statement_timeout: '5s' }],
    ['min', { min: 11 }],
    ['allowExitOnIdle', { allowExitOnIdle: 'false' }],
    ['application_name', { application_name: 5 }],
    ['binary', { binary: 'true' }],
    ['Client', { Client: pg.Client }],
    ['client_encoding', { client_encoding: 'latin1' }],
    ['database', { database: 5 }],
    ['enableChannelBinding', { enableChannelBinding: 1 }],
    ['host', { host: 5 }],
    ['keepAlive', { keepAlive: 'false' }],
    ['log', { log: true }],
    ['onConnect', { onConnect: 'select 1' }],
    ['options', { options: {} }],
    ['password', { password: 12_345 }],
    ['pipeline', { pipeline: true }],
    ['Promise', { Promise: class Mine extends Promise<unknown> {} }],
    ['ssl', { ssl: 'require' }],
    ['sslnegotiation', { sslnegotiation: 'none' }],
    ['stream', { stream: new Socket() }],
    ['types', { types: {} }],
    ['user', { user: 5 }],
    ['verify', { verify: 'select 1' }],
    ['connectionString', { connectionString: 5 }],
    ['poolSize', { poolSize: 5 }],
    ['replication', { replication: 'database' }],
    ['sslmode', { sslmode: 'require' }],
    ['connection', { connection: {} }],
    ['ssl_mode', { ssl_mode: 'require' }],
  ];

  it.each(refused)('%s is refused where it makes no sense: %p', (option, given) => {
    const main = { connectionString: url(), ...given };
    for (const options of [
      { connectionString: url(), pool: given },
      { placements: { main } },
      { placements: { main: { connectionString: url(), admin: main } } },
    ] as ConnectionManagerOptions[]) {
      if (option === 'connectionString' && options.pool) continue;
      if (
        option === 'min' &&
        'min' in given &&
        given.min === 11 &&
        options.placements?.['main']?.admin
      )
        continue;
      const error = thrownBy(options);
      expect(error.message).toContain(option);
      expect(error.message).not.toContain('12345');
    }
  });
});

describe('a connection string', () => {
  it.each<[string, () => ConnectionManagerOptions, string]>([
    [
      'another database in `pool`',
      () => ({ connectionString: url(), pool: { database: 'other' } }),
      'database',
    ],
    [
      'another user in `pool`',
      () => ({ connectionString: url(), pool: { user: 'other' } }),
      'user',
    ],
    [
      'another database beside it',
      () => ({ placements: { main: { connectionString: url(), database: 'other' } } }),
      'database',
    ],
    [
      'another host beside it',
      () => ({ pool: { connectionString: url(), host: 'elsewhere' } }),
      'host',
    ],
    ['another port', () => ({ connectionString: url(), pool: { port: 1 } }), 'port'],
    [
      'another password',
      () => ({ connectionString: url(), pool: { password: () => 'another' } }),
      'password',
    ],
    [
      'other settings of TLS',
      () => ({
        connectionString: `${url()}?sslmode=disable`,
        pool: { ssl: { rejectUnauthorized: false } },
      }),
      'ssl',
    ],
    [
      'another string in `pool`',
      () => ({ connectionString: url(), pool: { connectionString: `${url()}x` } }),
      'database',
    ],
    [
      'another name',
      () => ({ connectionString: url(), applicationName: 'a', pool: { application_name: 'b' } }),
      'applicationName',
    ],
    ['another max', () => ({ connectionString: url(), max: 3, pool: { max: 4 } }), 'max'],
    [
      'another time for connecting',
      () => ({
        connectionString: url(),
        connectionTimeoutMs: 3,
        pool: { connectionTimeoutMillis: 4 },
      }),
      'connectionTimeoutMs',
    ],
    [
      'placements beside it',
      () => ({ connectionString: url(), placements: { main: { connectionString: url() } } }),
      'connectionString',
    ],
  ])('is refused with %s, and not taken or left in silence', (_, options, named) => {
    expect(thrownBy(options()).message).toContain(named);
  });

  it('may say the same as an option beside it, and less', async () => {
    const same = accounts.connect({ connectionString: url(), pool: { ...where, password } });
    expect(await ask(same, 'select 1')).toBe(1);
    const { user, database } = where;
    for (const [connectionString, pool] of [
      [urlWithout('username'), { user, password }],
      [urlWithout('pathname'), { database }],
    ] as const) {
      const connections = accounts.connect({ connectionString, pool });
      expect(await ask(connections, 'select current_database()')).toBe(database);
      expect(await askDirectly(connections, 'select current_database()')).toBe(database);
    }
  });

  it('of all placements gives way to what one of them says', async () => {
    const name = `other_${process.pid}`;
    await tenancy.database.query(`create database ${name}`);
    const connections = accounts.connect({
      pool: { connectionString: url() },
      placements: { main: {}, other: { database: name } },
    });
    const database = async (placement: string) => {
      const there = { ...acme, placement };
      const { rows } = await runWithTenant(there, () =>
        connections.pool.query('select current_database() as name'),
      );
      return rows[0]?.['name'] as unknown;
    };
    expect(await database('main')).toBe(where.database);
    expect(await database('other')).toBe(name);
    await connections.close();
    await tenancy.database.query(`drop database ${name}`);
  });

  it('of the owner goes before a user in `pool`', async () => {
    const connections = accounts.connect({
      pool: { ...where, user: 'nobody', password: 'nothing' },
      adminConnectionString: url(),
    });
    expect(await askAsOwner(connections, 'select current_user')).toBe(where.user);
  });

  it.each([
    ['postgres://app:se#cret@localhost/app', '%23'],
    ['postgres://app:12#cret@localhost/app', '%23'],
    ['postgres://app:12/cret@localhost/app', '%2F'],
    ['postgres://app:12?cret@localhost/app', '%3F'],
    ['postgres://app:secret@local host:x/app', '%'],
    ['postgres://app:%ffcret@localhost/app', '%'],
    ['postgres://app:secret@localhost:port/app', '%'],
    ['localhost/app', 'postgresql://'],
    ['host=localhost dbname=app', 'postgresql://'],
    ['postgres://app:secret@localhost/app?max=5', 'pool'],
    ['postgres://app:secret@localhost/app?statement_timeout=5s', 'whole number'],
    ['postgres://app:secret@localhost/app?client_encoding=latin1', 'utf8'],
    ['postgres://app:secret@localhost/app?sslnegotiation=direct&sslmode=disable', 'Correct'],
    ['postgres://app:secret@localhost/app?sslcert=/nowhere/to/be/found', 'Correct'],
  ])('that cannot be read is refused at once, without its password: %s', (text, remedy) => {
    for (const options of [
      { connectionString: text },
      { connectionString: url(), adminConnectionString: text },
      { connectionString: url(), directConnectionString: text },
      { pool: { connectionString: text } },
      { placements: { main: { connectionString: text } } },
    ]) {
      const error = thrownBy(options);
      expect(error.remedy).toContain(remedy);
      expect(inspect(error)).not.toContain('cret');
    }
  });

  it('of a socket is taken', async () => {
    const socket = await socketTo(where.port);
    const { user, database } = where;
    for (const connectionString of [
      `postgresql://${user}:${password}@/${database}?host=${socket.directory}`,
      `postgresql://${user}:${password}@/${database}?host=${encodeURIComponent(socket.directory)}&port=5432`,
      `socket://${user}:${password}@${socket.directory}?db=${database}`,
      `postgresql://${user}:${password}@${encodeURIComponent(socket.directory)}/${database}`,
    ]) {
      const connections = accounts.connect({ connectionString });
      expect(await ask(connections, 'select current_database()')).toBe(database);
      expect(await askDirectly(connections, 'select current_database()')).toBe(database);
    }
    const connections = accounts.connect({
      connectionString: `${socket.directory} ${database}`,
      pool: { user, password },
    });
    expect(await ask(connections, 'select current_database()')).toBe(database);
    await connections.close();
    await socket.close();
  });
});

describe('an option of the runtime', () => {
  it.each<[string, object]>([
    ['maxPerTenant', { maxPertenant: 5 }],
    ['connectionTimeoutMs', { connectionTimeoutMS: 5 }],
    ['', { poolSize: 5 }],
    ['maxUses', { pool: { maxuses: 5 } }],
    ['max', { pool: { MAX: 5 } }],
    ['', { pool: { sslmode: 'require' } }],
  ])('that does not exist is refused: %s', (meant, options) => {
    const error = thrownBy({ connectionString: url(), ...options });
    expect(error.message).toContain('There is no option');
    expect(error.remedy).toContain(meant ? `Write \`${meant}\`.` : 'Remove it');
  });

  it('that does not exist is refused in a placement, in admin and in direct', () => {
    const connectionString = url();
    for (const main of [
      { connectionString, maxConnections: 5 },
      { connectionString, admin: { connectionString, maxConnections: 5 } },
      { connectionString, direct: { connectionString, maxConnections: 5 } },
      { connectionString, direct: { connectionString, max: 5 } },
      { connectionString, direct: { connectionString, idleTimeoutMillis: 5 } },
    ]) {
      expect(thrownBy({ placements: { main } }).message).toContain('There is no option');
    }
  });

  const numbers = [
    'max',
    'adminMax',
    'maxPerTenant',
    'maxQueue',
    'connectionTimeoutMs',
    'statementTimeoutMs',
    'slowStatementMs',
    'trackedTenants',
    'drainTimeoutMs',
  ];
  const senseless = [
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    0.5,
    2 ** 31,
    1e10,
    '5',
    '',
    null,
    [],
    5n,
  ];
  it.each(numbers)('%s is a whole number, which fits into 31 bits', (option) => {
    for (const value of senseless) {
      const error = thrownBy({ connectionString: url(), [option]: value });
      expect(error.message).toContain(option);
    }
  });

  it.each<[string, object]>([
    ['prepareSettings', { prepareSettings: 'false' }],
    ['preparedStatements', { preparedStatements: 'false' }],
    ['preparedStatements', { preparedStatements: null }],
    ['preparedStatements.max', { preparedStatements: { max: 5 } }],
    ['preparedStatements.maxStatements', { preparedStatements: { maxStatements: 0 } }],
    ['preparedStatements.maxBytes', { preparedStatements: { maxBytes: '1 MB' } }],
    ['preparedStatements.behindPooler', { preparedStatements: { behindPooler: 'yes' } }],
    ['isolation', { isolation: 'rows' }],
    ['limitsOf', { limitsOf: { maxConnections: 5 } }],
    ['sharedSchemas', { sharedSchemas: 'shared' }],
    ['pool', { pool: 'postgres://' }],
    ['applicationName', { applicationName: 5 }],
    ['placements', { connectionString: undefined, placements: 'main' }],
    ['main', { connectionString: undefined, placements: {} }],
    ['placements.main', { connectionString: undefined, placements: { main: undefined } }],
  ])('%s of another kind is refused', (option, options) => {
    expect(thrownBy({ connectionString: url(), ...options }).message).toContain(option);
  });

  it.each([
    () => ({ maxConnections: Number.NaN }),
    () => ({ maxConnections: 0 }),
    () => ({ maxConnections: '5' }),
    () => ({ statementTimeoutMs: 2 ** 31 }),
    () => ({ statementTimeoutMs: Infinity }),
    () => ({ maxConnection: 5 }),
    () => null,
    () => 5,
    async () => ({ maxConnections: 1 }),
    () => Promise.reject(new Error('no limits')),
  ])('limitsOf that returns no limits is an error of each statement: %s', async (limitsOf) => {
    const connections = accounts.connect({
      connectionString: url(),
      limitsOf: limitsOf as never,
    });
    await expect(ask(connections, 'select 1')).rejects.toThrow(ConfigurationError);
    await expect(runWithTenant(acme, () => connections.pool.connect())).rejects.toThrow(
      ConfigurationError,
    );
    const called = await new Promise((resolve) => {
      runWithTenant(acme, () => connections.pool.query('select 1', resolve));
    });
    expect(called).toBeInstanceOf(ConfigurationError);
  });

  it('limitsOf that throws is an error of each statement', async () => {
    const limitsOf = () => {
      throw new Error('no limits');
    };
    const connections = accounts.connect({ connectionString: url(), limitsOf });
    await expect(ask(connections, 'select 1')).rejects.toThrow('no limits');
  });

  it('limitsOf may say less, or nothing', async () => {
    for (const limits of [undefined, {}, { maxConnections: undefined }]) {
      const connections = accounts.connect({
        connectionString: url(),
        statementTimeoutMs: 1_234,
        limitsOf: () => limits,
      });
      expect(await ask(connections, 'show statement_timeout')).toBe('1234ms');
    }
  });

  it('limitsOf is asked once for a tenant, also where it is read anew, and again when it changes', async () => {
    const limitsOf = jest.fn(({ metadata }: Tenant) => ({
      statementTimeoutMs: Number(metadata['timeout'] ?? 1_000),
    }));
    const connections = accounts.connect({ connectionString: url(), limitsOf });
    const registry = new TenantRegistry(connections, { cacheTtlMs: 0 });
    const timeout = async () => {
      const tenant = await registry.getActive('acme');
      const { rows } = await runWithTenant(tenant, () =>
        connections.pool.query<{ statement_timeout: string }>('show statement_timeout'),
      );
      return rows[0]?.statement_timeout;
    };
    for (let n = 0; n < 5; n++) expect(await timeout()).toBe('1s');
    expect(limitsOf).toHaveBeenCalledTimes(1);
    // By hand, without a word in updated_at.
    await tenancy.database.query(
      `update tenancy.tenants set metadata = '{"timeout": 2000}' where slug = 'acme'`,
    );
    for (let n = 0; n < 5; n++) expect(await timeout()).toBe('2s');
    expect(limitsOf).toHaveBeenCalledTimes(2);
  });
});

describe('options of the registry and of the monitor', () => {
  const senseless = [Number.NaN, Infinity, -1, 0.5, 2 ** 31, '5', null];

  it.each(['cacheSize', 'cacheTtlMs', 'watchHeartbeatMs', 'watchTimeoutMs'])(
    '%s is a whole number, which fits into 31 bits',
    (option) => {
      for (const value of senseless) {
        expect(() => new TenantRegistry(tenancy.connections, { [option]: value })).toThrow(
          ConfigurationError,
        );
      }
    },
  );

  it.each(['intervalMs', 'sample'])('%s is a whole number, which fits into 31 bits', (option) => {
    for (const value of senseless) {
      expect(
        () => new IsolationMonitor(tenancy.connections, tenancy.registry, { [option]: value }),
      ).toThrow(ConfigurationError);
    }
  });

  it('that do not exist are refused', () => {
    expect(() => new TenantRegistry(tenancy.connections, { cacheTTL: 5 } as object)).toThrow(
      ConfigurationError,
    );
    expect(
      () => new IsolationMonitor(tenancy.connections, tenancy.registry, { interval: 5 } as object),
    ).toThrow(ConfigurationError);
  });

  it.each([Number.NaN, -1, 1.5, '5', Infinity, 2 ** 31])(
    'list() refuses a limit of %p',
    async (limit) => {
      await expect(tenancy.registry.list({ limit: limit as number })).rejects.toThrow(
        ConfigurationError,
      );
    },
  );
});

function thrownBy(options: ConnectionManagerOptions): ConfigurationError {
  try {
    accounts.connect(options);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

async function backendsCalled(name: string): Promise<number> {
  const [row] = await tenancy.database.query<{ count: string }>(
    `select count(*) from pg_stat_activity
     where application_name = $1 and datname = current_database()`,
    [name],
  );
  return Number(row?.count);
}

/** A socket of the file system that leads to a port. */
async function socketTo(port: number) {
  const folder = await mkdtemp(join(tmpdir(), 'mt-socket-'));
  // As Google’s proxy names it.
  const directory = join(folder, 'p:r:i');
  await mkdir(directory);
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  }).listen(join(directory, '.s.PGSQL.5432'));
  await once(server, 'listening');
  return {
    directory,
    close: async () => {
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
