import { once, type EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text as textOf } from 'node:stream/consumers';
import pg from 'pg';
import copy from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import {
  ConnectionLostError,
  ConnectionManager,
  currentTenant,
  onDiagnostics,
  runWithTenant,
  StatementTimeoutError,
  TenantContextMissingError,
  TenantMismatchError,
  UnsupportedStatementError,
  withoutTenant,
  type StatementEvent,
  type Tenant,
  type TenantClient,
} from '@mt/runtime';
import { useTenancy } from '../../support/tenancy.js';
import { BARE, MARKED, useTwoTenants } from '../../support/two-tenants.js';

/** One connection, so that each tenant gets what the other one has left of it. */
const two = useTwoTenants(useTenancy({ max: 1 }));

/** Which the published types leave out. */
const { both: copyBoth } = copy as unknown as { both: (text: string) => pg.Submittable };

/** Three rows a tenant, so that a cursor has something to come back for. */
beforeEach(async () => {
  for (const { schema, slug } of [two.acme, two.globex]) {
    await two.database.query(`insert into ${schema}.items (owner) values ($1), ($1)`, [slug]);
  }
});

const three = ({ slug }: Tenant) => [{ owner: slug }, { owner: slug }, { owner: slug }];

/** Runs on a connection of the tenant, which must be one that can go back to the pool. */
async function withClient<T>(
  tenant: Tenant,
  work: (client: TenantClient) => Promise<T>,
): Promise<T> {
  return runWithTenant(tenant, async () => {
    const client = await two.pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  });
}

const pidOf = async (client: TenantClient) =>
  (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;

/** What the text returns, read row by row. */
async function readCursor(client: TenantClient, text: string, values?: unknown[]) {
  const cursor = client.query(new Cursor(text, values));
  const rows: unknown[] = [];
  for (;;) {
    const batch = await cursor.read(1);
    if (batch.length === 0) break;
    rows.push(...batch);
  }
  await cursor.close();
  return rows;
}

const readStream = (client: TenantClient, text: string, values?: unknown[]) =>
  Readable.from(client.query(new QueryStream(text, values, { batchSize: 2 }))).toArray();

const TEXTS = [
  ['that names the marker', MARKED],
  ['that names no schema', BARE],
  ['that names both', 'select "$tenant".items.owner from "$tenant".items order by id'],
] as const;

describe.each(TEXTS)('a text %s', (_, text) => {
  it('is read by a cursor', async () => {
    for (const tenant of [two.acme, two.globex, two.acme]) {
      expect(await withClient(tenant, (client) => readCursor(client, text))).toEqual(three(tenant));
    }
  });

  it('is read by a query stream', async () => {
    for (const tenant of [two.acme, two.globex, two.acme]) {
      expect(await withClient(tenant, (client) => readStream(client, text))).toEqual(three(tenant));
    }
  });

  it('is read by an evented query', async () => {
    for (const tenant of [two.acme, two.globex]) {
      const rows = await withClient(tenant, async (client) => {
        const query = client.query(new pg.Query<{ owner: string }>(text));
        const seen: unknown[] = [];
        query.on('row', (row) => seen.push(row));
        await once(query, 'end');
        return seen;
      });
      expect(rows).toEqual(three(tenant));
    }
  });
});

it.each(['copy (select owner from "$tenant".items) to stdout', 'copy items (owner) to stdout'])(
  'copies the tenant’s rows out: %s',
  async (text) => {
    for (const tenant of [two.acme, two.globex, two.acme]) {
      const copied = await withClient(tenant, (client) => textOf(client.query(copy.to(text))));
      expect(copied).toBe(`${tenant.slug}\n`.repeat(3));
    }
  },
);

it.each(['copy "$tenant".items (owner) from stdin', 'copy items (owner) from stdin'])(
  'copies rows into the tenant: %s',
  async (text) => {
    await withClient(two.globex, async (client) => {
      const target = client.query(copy.from(text));
      await pipeline(Readable.from(['copied\n', 'copied\n']), target);
      expect(target.rowCount).toBe(2);
      // What a stream has finished is committed.
      expect(await two.owners(two.globex)).toEqual([
        ...Array<string>(3).fill('globex'),
        'copied',
        'copied',
      ]);
    });
    expect(await two.owners(two.acme)).toEqual(['acme', 'acme', 'acme']);
  },
);

it('copies more than a socket takes at once, both ways', async () => {
  const rows = 50_000;
  await withClient(two.acme, async (client) => {
    const row = `${'x'.repeat(99)}\n`;
    const source = Readable.from(
      (function* () {
        for (let n = 0; n < rows; n += 100) yield row.repeat(100);
      })(),
    );
    await pipeline(source, client.query(copy.from('copy items (owner) from stdin')));
    let bytes = 0;
    const sink = new Writable({
      write(chunk: Buffer, _, done) {
        bytes += chunk.length;
        setImmediate(done);
      },
    });
    await pipeline(client.query(copy.to('copy items (owner) to stdout')), sink);
    expect(bytes).toBe(rows * 100 + 3 * 'acme\n'.length);
  });
});

it('takes values, row modes and the object itself back', async () => {
  await withClient(two.globex, async (client) => {
    const text = 'select owner, $1::int as n from items where id = $2';
    expect(await readCursor(client, text, [7, 1])).toEqual([{ owner: 'globex', n: 7 }]);
    expect(await readStream(client, text, [7, 1])).toEqual([{ owner: 'globex', n: 7 }]);
    const cursor = new Cursor<unknown>(BARE, [], { rowMode: 'array' });
    expect(client.query(cursor)).toBe(cursor);
    expect(await cursor.read(9)).toEqual([['globex'], ['globex'], ['globex']]);
    await cursor.close();
    const stream = new QueryStream(BARE);
    expect(client.query(stream)).toBe(stream);
    expect(await Readable.from(stream).toArray()).toEqual(three(two.globex));
    const numbers = new pg.Query('select $1::int as n', [3]);
    const result = await new Promise((resolve, reject) => {
      client.query(numbers, undefined, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
    expect(result).toMatchObject({ rows: [{ n: 3 }] });
  });
});

describe('inside of a transaction', () => {
  it('is part of it, also after ROLLBACK TO', async () => {
    await withClient(two.globex, async (client) => {
      await client.query('begin');
      await client.query('savepoint one');
      await pipeline(
        Readable.from(['inside\n']),
        client.query(copy.from('copy items (owner) from stdin')),
      );
      expect(await readCursor(client, BARE)).toHaveLength(4);
      await client.query('rollback to savepoint one');
      expect(await readCursor(client, BARE)).toEqual(three(two.globex));
      expect(await readStream(client, BARE)).toEqual(three(two.globex));
      expect(await textOf(client.query(copy.to('copy items (owner) to stdout')))).toBe(
        'globex\n'.repeat(3),
      );
      await client.query('commit');
    });
    expect(await two.owners(two.globex)).toHaveLength(3);
  });

  it('leaves the transaction open behind it', async () => {
    await withClient(two.acme, async (client) => {
      await client.query('begin');
      await readCursor(client, BARE);
      await textOf(client.query(copy.to('copy items (owner) to stdout')));
      await client.query(`insert into items (owner) values ('undone')`);
      await client.query('rollback');
    });
    expect(await two.owners(two.acme)).toHaveLength(3);
  });

  it('fails like any statement where the transaction has failed', async () => {
    await withClient(two.acme, async (client) => {
      await client.query('begin');
      await expect(client.query('select nonsense')).rejects.toThrow('nonsense');
      await expect(readCursor(client, BARE)).rejects.toMatchObject({ code: '25P02' });
      await expect(readStream(client, MARKED)).rejects.toMatchObject({ code: '25P02' });
      await expect(textOf(client.query(copy.to('copy items to stdout')))).rejects.toMatchObject({
        code: '25P02',
      });
      await client.query('rollback');
      expect(await readCursor(client, BARE)).toEqual(three(two.acme));
    });
  });
});

describe('what goes wrong', () => {
  it.each(['select nonsense from items', 'select nonsense from "$tenant".items', 'selec', ''])(
    'reaches the cursor or the stream, and the connection goes on: %j',
    async (text) => {
      await withClient(two.acme, async (client) => {
        const pid = await pidOf(client);
        const expected = text === '' ? [] : undefined;
        for (const read of [readCursor, readStream]) {
          const rows = await read(client, text).catch((error: unknown) => error);
          if (expected) expect(rows).toEqual(expected);
          else expect(rows).toBeInstanceOf(pg.DatabaseError);
        }
        expect(await readCursor(client, BARE)).toEqual(three(two.acme));
        expect(await pidOf(client)).toBe(pid);
      });
    },
  );

  it('may come after the first rows', async () => {
    const text = 'select 1 / (3 - id) as n, owner from items order by id';
    await withClient(two.acme, async (client) => {
      const pid = await pidOf(client);
      const cursor = client.query(new Cursor(text));
      expect(await cursor.read(2)).toHaveLength(2);
      await expect(cursor.read(2)).rejects.toThrow('division by zero');
      await cursor.close();
      await expect(readStream(client, text)).rejects.toThrow('division by zero');
      const copied = client.query(
        copy.to('copy (select 1 / (3 - id) from items order by id) to stdout'),
      );
      await expect(textOf(copied)).rejects.toThrow('division by zero');
      expect(await pidOf(client)).toBe(pid);
    });
  });

  it('keeps nothing of a COPY into a table', async () => {
    await withClient(two.acme, async (client) => {
      const pid = await pidOf(client);
      const into = () => client.query(copy.from('copy items (id, owner) from stdin'));
      await expect(pipeline(Readable.from(['9\tnine\n', 'x\tten\n']), into())).rejects.toThrow(
        'invalid input syntax',
      );
      const source = new Readable({ read: () => undefined });
      source.push('9\tnine\n');
      const copying = pipeline(source, into());
      await delay(50);
      source.destroy(new Error('The file is gone.'));
      await expect(copying).rejects.toThrow('The file is gone.');
      await expect(
        pipeline(Readable.from(['1\n']), client.query(copy.from('copy nowhere from stdin'))),
      ).rejects.toThrow('relation "nowhere" does not exist');
      expect(await pidOf(client)).toBe(pid);
    });
    expect(await two.owners(two.acme)).toEqual(['acme', 'acme', 'acme']);
  });

  it('is told to a cursor on a COPY and to a COPY stream on a query', async () => {
    await withClient(two.acme, async (client) => {
      const pid = await pidOf(client);
      await expect(readCursor(client, 'copy items from stdin')).rejects.toThrow('COPY from stdin');
      expect(await readCursor(client, 'copy items to stdout')).toEqual([]);
      expect(await textOf(client.query(copy.to(BARE)))).toBe('');
      expect(await textOf(client.query(copy.to(MARKED)))).toBe('');
      expect(await pidOf(client)).toBe(pid);
    });
  });

  it('is told where the object breaks while it is sent', async () => {
    type Wire = Record<'parse' | 'bind' | 'execute' | 'query', (message: unknown) => void>;
    const broken = (text: string, breaks: (wire: Wire) => unknown) => {
      const cursor = new Cursor(text);
      cursor.submit = breaks as never;
      return cursor;
    };
    await withClient(two.acme, async (client) => {
      const pid = await pidOf(client);
      for (const text of [BARE, MARKED, 'copy items to stdout']) {
        const throws = broken(text, () => {
          throw new Error('broken');
        });
        await expect(client.query(throws).read(1)).rejects.toThrow('broken');
        const returns = broken(text, () => new Error('returned'));
        await expect(client.query(returns).read(1)).rejects.toThrow('returned');
        // It sends the text that was looked at, once, and nothing that others have prepared.
        for (const sends of [
          (wire: Wire) => wire.parse({ text: 'select owner from public.items' }),
          (wire: Wire) => wire.parse({ text, name: 'kept' }),
          (wire: Wire) => wire.query('select owner from public.items'),
          (wire: Wire) => [wire.query(text), wire.query(text)],
          (wire: Wire) => wire.bind({ statement: 'kept' }),
          (wire: Wire) => [wire.bind({}), wire.execute({})],
        ]) {
          const cursor = client.query(broken(text, sends));
          await expect(cursor.read(1)).rejects.toThrow(UnsupportedStatementError);
        }
      }
      expect(await readCursor(client, BARE)).toEqual(three(two.acme));
      expect(await pidOf(client)).toBe(pid);
    });
  });
});

it('closes its portal once, also when it is closed while its last rows are read', async () => {
  const close = jest.spyOn(pg.Connection.prototype as unknown as { close(): void }, 'close');
  await withClient(two.acme, async (client) => {
    const cursor = client.query(new Cursor(MARKED));
    await cursor.read(2);
    const reading = cursor.read(2);
    await cursor.close();
    expect(await reading).toHaveLength(1);
  });
  // A second one would stand behind the last Sync.
  expect(close).toHaveBeenCalledTimes(1);
  close.mockRestore();
});

it('leaves no listener on the connection, whether it fails or not', async () => {
  await withClient(two.acme, async (client) => {
    const before = await listenersOn(client);
    await client.query('begin');
    await expect(client.query('select nonsense')).rejects.toThrow('nonsense');
    for (let n = 0; n < 12; n++) {
      await expect(textOf(client.query(copy.to('copy items to stdout')))).rejects.toThrow();
      await expect(readCursor(client, BARE)).rejects.toThrow();
    }
    await client.query('rollback');
    for (let n = 0; n < 12; n++) {
      await textOf(client.query(copy.to('copy items to stdout')));
      await readCursor(client, BARE);
    }
    expect(await listenersOn(client)).toEqual(before);
  });
});

/** Of the connection to the server, as an object sees it that is sent. */
function listenersOn(client: TenantClient): Promise<Record<string, number>> {
  return new Promise((resolve) => {
    const spy = {
      text: BARE,
      submit(wire: EventEmitter) {
        const names = ['bindComplete', 'readyForQuery', 'end', 'noData', 'rowDescription'];
        resolve(Object.fromEntries(names.map((name) => [name, wire.listenerCount(name)])));
        return new Error('Nothing is sent.');
      },
      handleError: () => undefined,
    };
    client.query(spy as unknown as pg.Submittable);
  });
}

describe('release()', () => {
  it('closes the connection while a cursor is open, and the next tenant gets another', async () => {
    const opened = [
      (client: TenantClient) => client.query(new Cursor(BARE)).read(1),
      (client: TenantClient) => client.query(new Cursor(MARKED)).read(1),
      (client: TenantClient) =>
        once(client.query(new QueryStream(BARE, [], { batchSize: 1 })), 'readable'),
      async (client: TenantClient) => {
        client.query(copy.from('copy items from stdin')).on('error', () => undefined);
        await delay(20);
      },
      async (client: TenantClient) => {
        const copied = client.query(copy.to('copy items to stdout'));
        copied.on('error', () => undefined);
        await delay(20);
      },
    ];
    for (const open of opened) {
      let pid: number | undefined;
      await withClient(two.acme, async (client) => {
        pid = await pidOf(client);
        await open(client);
      });
      await withClient(two.globex, async (client) => {
        expect(await pidOf(client)).not.toBe(pid);
        expect(await readCursor(client, BARE)).toEqual(three(two.globex));
      });
    }
    expect(two.connections.getActiveCount()).toBe(0);
  });

  it('keeps it where the cursor was closed, the stream destroyed, or an error told', async () => {
    const ended = [
      async (client: TenantClient) => {
        const cursor = client.query(new Cursor(BARE));
        await cursor.read(1);
        await cursor.close();
      },
      async (client: TenantClient) => {
        const stream = client.query(new QueryStream(BARE, [], { batchSize: 1 }));
        await once(stream, 'readable');
        stream.destroy();
        await once(stream, 'close');
      },
      async (client: TenantClient) => {
        await expect(client.query(new Cursor('select nonsense')).read(1)).rejects.toThrow();
      },
    ];
    for (const end of ended) {
      let pid: number | undefined;
      await withClient(two.acme, async (client) => {
        pid = await pidOf(client);
        await end(client);
      });
      await withClient(two.globex, async (client) => {
        expect(await pidOf(client)).toBe(pid);
        expect(await readCursor(client, BARE)).toEqual(three(two.globex));
      });
    }
  });

  it('leaves a cursor that is read on with nothing to write to', async () => {
    let cursor: Cursor | undefined;
    await withClient(two.acme, async (client) => {
      cursor = client.query(new Cursor('select nonsense'));
      await expect(cursor.read(1)).rejects.toThrow('nonsense');
    });
    await withClient(two.globex, async (client) => {
      const target = client.query(copy.from('copy items (owner) from stdin'));
      target.write('one\n');
      await delay(20);
      // It would write Close into the other tenant's COPY, and wait for an answer that is not its own.
      await cursor?.close();
      target.end('two\n');
      await once(target, 'finish');
    });
    expect(await two.owners(two.globex)).toHaveLength(5);
  });
});

describe('a connection that is lost', () => {
  const terminate = (pid: number | undefined) =>
    two.database.query('select pg_terminate_backend($1)', [pid]);

  it.each([
    ['a cursor', (client: TenantClient) => readOn(client)],
    ['a query stream', (client: TenantClient) => streamOn(client)],
    ['a COPY stream', (client: TenantClient) => textOf(client.query(copy.to(SLOW_COPY)))],
    [
      'a COPY stream into a table',
      async (client: TenantClient) => {
        const target = client.query(copy.from('copy items (owner) from stdin'));
        target.write('lost\n');
        await once(target, 'finish');
      },
    ],
    ['an evented query', (client: TenantClient) => once(client.query(new pg.Query(SLOW)), 'end')],
  ])('is a ConnectionLostError of %s', async (_, work) => {
    await withClient(two.acme, async (client) => {
      await client.query('begin');
      const pid = await pidOf(client);
      const working = work(client).catch((error: unknown) => error);
      await delay(50);
      await terminate(pid);
      const error = await working;
      expect(error).toBeInstanceOf(ConnectionLostError);
      // A transaction that was not being committed is not kept.
      expect(error).toMatchObject({ retryable: true });
      await expect(client.query(new Cursor(BARE)).read(1)).rejects.toThrow(ConnectionLostError);
    });
  });

  it.each([
    ['a cursor', (client: TenantClient) => client.query(cut(new Cursor(MARKED))).read(9)],
    [
      'a query stream',
      (client: TenantClient) => Readable.from(client.query(cut(new QueryStream(MARKED)))).toArray(),
    ],
  ])('is one of %s also when all rows have come, before the server is ready', async (_, work) => {
    // Outside of a transaction nobody knows whether what it did was kept.
    await withClient(two.acme, async (client) => {
      const error = await work(client).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ retryable: false });
    });
  });

  /** Has the connection be lost as soon as the server has run all of it. */
  const cut = <T extends pg.Submittable>(submittable: T): T => {
    const { submit } = submittable;
    submittable.submit = (connection) => {
      submit.call(submittable, connection);
      connection.on('commandComplete', ({ text }: { text: string }) => {
        if (text === 'SELECT 3') connection.stream.destroy();
      });
    };
    return submittable;
  };

  const SLOW = 'select pg_sleep(5)';
  const SLOW_COPY = `copy (${SLOW}) to stdout`;
  const readOn = async (client: TenantClient) => {
    const cursor = client.query(new Cursor(SLOW));
    try {
      await cursor.read(1);
    } finally {
      // This would wait for an answer that never comes.
      await cursor.close();
    }
  };
  const streamOn = (client: TenantClient) =>
    Readable.from(client.query(new QueryStream(SLOW))).toArray();
});

it('tells how long it took, and whose it was, when it has ended', async () => {
  const events: StatementEvent[] = [];
  const stop = onDiagnostics('statement', (event) => events.push(event));
  await withClient(two.acme, async (client) => {
    const cursor = client.query(new Cursor(MARKED));
    await cursor.read(1);
    await delay(30);
    expect(events).toEqual([]);
    await cursor.close();
    await expect(readStream(client, 'select nonsense')).rejects.toThrow();
  });
  stop();
  expect(events).toMatchObject([
    {
      tenant: { slug: 'acme' },
      text: `select owner from "${two.acme.schema}"."items" order by id`,
      error: undefined,
    },
    { tenant: { slug: 'acme' }, text: 'select nonsense', error: { code: '42703' } },
  ]);
  expect(events[0]?.durationMs).toBeGreaterThanOrEqual(25);
});

it('is stopped after the time that its tenant’s statements may take', async () => {
  const connections = new ConnectionManager({
    connectionString: two.database.connectionString,
    statementTimeoutMs: 50,
  });
  try {
    await runWithTenant(two.acme, async () => {
      const client = await connections.pool.connect();
      for (const name of ['items', '"$tenant".items']) {
        const text = `select pg_sleep(5) from ${name}`;
        await expect(readCursor(client, text)).rejects.toThrow(StatementTimeoutError);
        await expect(readStream(client, text)).rejects.toThrow(StatementTimeoutError);
        await expect(textOf(client.query(copy.to(`copy (${text}) to stdout`)))).rejects.toThrow(
          StatementTimeoutError,
        );
      }
      client.release();
    });
  } finally {
    await connections.close();
  }
});

it('calls back in the context of the tenant', async () => {
  await withClient(two.globex, async (client) => {
    const seen = await new Promise((resolve) => {
      const cursor = client.query(new Cursor(BARE));
      cursor.read(9, () => {
        resolve(currentTenant().slug);
        void cursor.close();
      });
    });
    expect(seen).toBe('globex');
    const stream = client.query(new QueryStream(BARE));
    const tenants: string[] = [];
    stream.on('data', () => tenants.push(currentTenant().slug));
    await once(stream, 'close');
    expect(tenants).toEqual(['globex', 'globex', 'globex']);
  });
});

describe('is refused before anything is sent', () => {
  const submits = (rest: object) => ({ submit: () => undefined, ...rest }) as pg.Submittable;

  it('where no connection is checked out', async () => {
    await runWithTenant(two.acme, async () => {
      for (const submittable of [new Cursor(BARE), new QueryStream(MARKED), copy.to(BARE)]) {
        await expect(two.pool.query(submittable)).rejects.toMatchObject({
          code: 'STATEMENT_UNSUPPORTED',
          remedy: expect.stringContaining('pool.connect()') as string,
        });
      }
    });
  });

  it.each([
    ['no text', submits({})],
    ['a text that is none', submits({ text: 1, cursor: {} })],
    ['a name', new pg.Query({ name: 'known', text: BARE })],
    ['a setting of the session', new Cursor('set search_path to public')],
    ['LISTEN', new Cursor('listen news')],
    ['a cursor WITH HOLD', new Cursor('declare c cursor with hold for select 1')],
    ['the beginning of a transaction', new pg.Query('begin')],
    ['the end of one', new QueryStream('commit')],
    ['several statements', new pg.Query(`${BARE}; ${BARE}`)],
    ['replication', copyBoth('START_REPLICATION SLOT x LOGICAL 0/0')],
  ])('with %s', async (_, submittable) => {
    await withClient(two.acme, (client) => {
      expect(() => client.query(submittable)).toThrow(UnsupportedStatementError);
      return Promise.resolve();
    });
  });

  it('under another tenant, under none, and after the release', async () => {
    const client = await runWithTenant(two.acme, () => two.pool.connect());
    expect(() => runWithTenant(two.globex, () => client.query(new Cursor(BARE)))).toThrow(
      TenantMismatchError,
    );
    expect(() => withoutTenant(() => client.query(new Cursor(BARE)))).toThrow(TenantMismatchError);
    client.release();
    expect(() => client.query(new Cursor(BARE))).toThrow(UnsupportedStatementError);
  });

  it('for a table of tenants in code that runs without one', async () => {
    await withoutTenant(async () => {
      const client = await two.pool.connect();
      expect(() => client.query(new Cursor(MARKED))).toThrow(TenantContextMissingError);
      expect(() => client.query(copy.to('copy "$tenant".items to stdout'))).toThrow(
        TenantContextMissingError,
      );
      expect(await readCursor(client, BARE)).toEqual([{ owner: 'public' }]);
      expect(await readStream(client, BARE)).toEqual([{ owner: 'public' }]);
      expect(await textOf(client.query(copy.to('copy items to stdout')))).toBe('1\tpublic\n');
      await expect(readCursor(client, 'select nonsense')).rejects.toThrow('nonsense');
      const into = client.query(copy.from('copy items from stdin'));
      await expect(pipeline(Readable.from(['x\ty\n']), into)).rejects.toThrow('invalid input');
      client.release();
    });
  });
});

it('stays with its tenant where others read at the same time through two connections', async () => {
  let leaks = 0;
  let reads = 0;
  const kinds = [readCursor, readStream];
  const reader = (n: number) => {
    const tenant = n % 2 ? two.acme : two.globex;
    return withClient(tenant, async (client) => {
      const rows = (await kinds[n % 3 ? 0 : 1]?.(client, n % 5 ? BARE : MARKED)) ?? [];
      const copied = await textOf(client.query(copy.to('copy items (owner) to stdout')));
      const owners = [
        ...(rows as { owner: string }[]).map(({ owner }) => owner),
        ...copied.trim().split('\n'),
      ];
      reads += owners.length;
      leaks += owners.filter((owner) => owner !== tenant.slug).length;
    });
  };
  await Promise.all(Array.from({ length: 60 }, (_, n) => reader(n)));
  expect({ leaks, reads }).toEqual({ leaks: 0, reads: 60 * 6 });
});
