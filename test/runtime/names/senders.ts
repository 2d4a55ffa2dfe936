import { ConnectionManager, type TenantClient } from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { sql } from 'drizzle-orm';
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import type { DataSource } from 'typeorm';

export interface OwnerRow {
  owner: string | null;
}

/** One way to send a statement. It runs in the tenant's context. */
export interface Sender {
  readonly name: string;
  /** Whether it takes what only reads. */
  readonly onlyReads?: boolean;
  send(text: string): Promise<OwnerRow[]>;
}

export interface OpenSenders {
  readonly senders: readonly Sender[];
  close(): Promise<void>;
}

export async function openSenders(connections: ConnectionManager): Promise<OpenSenders> {
  const dataSource = await createTenantDataSource(connections).initialize();
  return { senders: sendersOver(connections, dataSource), close: () => dataSource.destroy() };
}

/** What they are called. */
export function senderNames(): string[] {
  const connections = new ConnectionManager({ connectionString: 'postgres://localhost' });
  return sendersOver(connections, createTenantDataSource(connections)).map(({ name }) => name);
}

function sendersOver(connections: ConnectionManager, dataSource: DataSource): Sender[] {
  return [
    ...overPool(connections),
    ...inTransactions(connections),
    ...streams(connections),
    ...drizzle(connections),
    ...typeorm(dataSource),
    ...kysely(connections),
  ];
}

function overPool({ pool }: ConnectionManager): Sender[] {
  return [
    { name: 'pool.query', send: async (text) => (await pool.query<OwnerRow>(text)).rows },
    {
      name: 'pool.query with parameters',
      onlyReads: true,
      send: async (text) =>
        (await pool.query<OwnerRow>(`select * from (${text}) it where $1::integer = 1`, [1])).rows,
    },
    {
      name: 'a named statement',
      send: async (text) => (await pool.query<OwnerRow>({ name: 'probe', text })).rows,
    },
    {
      name: 'the second statement of a text',
      send: async (text) => {
        const results = await pool.query(`select 1; ${text}`);
        return (results as unknown as pg.QueryResult<OwnerRow>[])[1]?.rows ?? [];
      },
    },
    {
      name: 'behind a function that changes the path, in one text',
      send: async (text) => {
        const results = await pool.query(`select lead_astray(); ${text}`);
        return (results as unknown as pg.QueryResult<OwnerRow>[])[1]?.rows ?? [];
      },
    },
  ];
}

type Steps = (client: TenantClient, text: string) => Promise<OwnerRow[]>;

/** What runs before the statement in its transaction, and how the transaction begins. */
const TRANSACTIONS: readonly (readonly [name: string, ...before: string[]])[] = [
  ['begin', 'begin'],
  ['start transaction', 'start transaction'],
  ['an isolation level', 'begin isolation level serializable'],
  [
    'an isolation level that is set',
    'start transaction',
    'set transaction isolation level serializable',
  ],
  ['begin, with a comment', 'begin -- for now'],
  ['a text that begins and goes on', 'begin; select 1'],
  ['a text that begins twice', 'begin; commit; begin'],
  ['after a bare statement', 'begin', 'select owner from settings'],
  ['after a marked statement', 'begin', 'select owner from "$tenant".settings'],
  ['after a statement that names nothing', 'begin', 'select now()'],
  ['in a savepoint', 'begin', 'savepoint a'],
  ['behind a savepoint', 'begin', 'savepoint a', 'select owner from settings', 'release a'],
  ['back at a savepoint', 'begin', 'savepoint a', 'select now()', 'rollback to a'],
  [
    'back at a savepoint, after the marker',
    'begin',
    'savepoint a',
    'select owner from "$tenant".settings',
    'rollback to savepoint a',
  ],
  ['in the next of a chain', 'begin', 'commit and chain'],
  ['in the next after a rollback', 'begin', 'select now()', 'rollback work and chain'],
  ['in the third of a chain', 'begin', 'commit and chain', 'select now()', 'commit and chain'],
  ['after a function that changed the path', 'begin', 'select lead_astray()'],
  [
    'after one in a savepoint',
    'begin',
    'savepoint a',
    'select "$tenant".lead_astray()',
    'release a',
  ],
  ['back from one at a savepoint', 'begin', 'savepoint a', 'select lead_astray()', 'rollback to a'],
  ['in a chain after one', 'begin', 'select lead_astray()', 'commit and chain'],
  ['after a function that shed the role', 'begin', 'select shed_role()'],
  ['after both', 'begin', 'select shed_role(), lead_astray()'],
  ['after code that changed the path', 'begin', `do $$ begin perform lead_astray(); end $$`],
  ['after a setting of its own', 'begin', `set local statement_timeout = '20s'`],
];

function inTransactions({ pool }: ConnectionManager): Sender[] {
  const onClient = (name: string, steps: Steps): Sender => ({
    name: `in a transaction: ${name}`,
    async send(text) {
      const client = await pool.connect();
      try {
        return await steps(client, text);
      } finally {
        client.release();
      }
    },
  });
  const senders = TRANSACTIONS.map(([name, ...before]) =>
    onClient(name, async (client, text) => {
      for (const each of before) await client.query(each);
      const { rows } = await client.query<OwnerRow>(text);
      await client.query('commit');
      return rows;
    }),
  );
  return [
    ...senders,
    onClient('without awaiting what comes before', async (client, text) => {
      const begun = client.query('begin');
      const asked = client.query<OwnerRow>(text);
      const ended = client.query('commit');
      await Promise.all([begun, ended]);
      return (await asked).rows;
    }),
    onClient('after it, on the same connection', async (client, text) => {
      await client.query('begin');
      await client.query('select now()');
      await client.query('commit');
      return (await client.query<OwnerRow>(text)).rows;
    }),
    onClient('after an error', async (client, text) => {
      await client.query('begin');
      await client.query('savepoint a');
      await client.query('select lead_astray(), 1 / 0').catch(() => undefined);
      await client.query('rollback to a');
      const { rows } = await client.query<OwnerRow>(text);
      await client.query('commit');
      return rows;
    }),
  ];
}

function streams({ pool }: ConnectionManager): Sender[] {
  const onClient = (name: string, begin: boolean, read: Steps): Sender => ({
    name: begin ? `${name} in a transaction` : name,
    onlyReads: true,
    async send(text) {
      const client = await pool.connect();
      try {
        if (begin) {
          await client.query('begin');
          await client.query('select lead_astray()');
        }
        const rows = await read(client, text);
        if (begin) await client.query('commit');
        return rows;
      } finally {
        client.release();
      }
    },
  });
  return [false, true].flatMap((begin) => [
    onClient('a cursor', begin, async (client, text) => {
      const cursor = client.query(new Cursor<OwnerRow>(text));
      const rows = await cursor.read(10);
      await cursor.close();
      return rows;
    }),
    onClient('a query stream', begin, async (client, text) => {
      const rows: OwnerRow[] = [];
      for await (const row of client.query(new QueryStream(text))) rows.push(row as OwnerRow);
      return rows;
    }),
    onClient('COPY TO', begin, async (client, text) => {
      let copied = '';
      const stream = client.query(copyTo(`copy (${text}) to stdout`));
      for await (const chunk of stream) copied += String(chunk);
      return copied
        .trim()
        .split('\n')
        .map((owner) => ({ owner }));
    }),
  ]);
}

function drizzle(connections: ConnectionManager): Sender[] {
  const db = createTenantDatabase(connections);
  const run = async (on: Pick<typeof db, 'execute'>, text: string) =>
    (await on.execute<OwnerRow & Record<string, unknown>>(sql.raw(text))).rows;
  return [
    { name: 'Drizzle', send: (text) => run(db, text) },
    { name: 'Drizzle, in a transaction', send: (text) => db.transaction((tx) => run(tx, text)) },
    {
      name: 'Drizzle, in a savepoint of a serializable one',
      send: (text) =>
        db.transaction((outer) => outer.transaction((tx) => run(tx, text)), {
          isolationLevel: 'serializable',
        }),
    },
    {
      name: 'Drizzle, after a function that changed the path',
      send: (text) =>
        db.transaction(async (tx) => {
          await run(tx, 'select lead_astray()');
          return run(tx, text);
        }),
    },
  ];
}

/** TypeORM answers an INSERT in another form than a SELECT. */
function rowsOf(result: unknown): OwnerRow[] {
  return result as OwnerRow[];
}

function typeorm(dataSource: DataSource): Sender[] {
  return [
    { name: 'TypeORM', send: async (text) => rowsOf(await dataSource.query(text)) },
    {
      name: 'TypeORM, in a transaction',
      send: (text) => dataSource.transaction(async (tx) => rowsOf(await tx.query(text))),
    },
    {
      name: 'TypeORM, in a savepoint of a serializable one',
      send: (text) =>
        dataSource.transaction('SERIALIZABLE', (outer) =>
          outer.transaction(async (tx) => rowsOf(await tx.query(text))),
        ),
    },
    {
      name: 'TypeORM, after a function that changed the path',
      send: (text) =>
        dataSource.transaction(async (tx) => {
          await tx.query('select lead_astray()');
          return rowsOf(await tx.query(text));
        }),
    },
  ];
}

async function runKysely(on: Kysely<unknown>, text: string): Promise<OwnerRow[]> {
  return (await kyselySql.raw<OwnerRow>(text).execute(on)).rows;
}

function kysely({ pool }: ConnectionManager): Sender[] {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool }),
  });
  return [
    { name: 'Kysely', send: (text) => runKysely(db, text) },
    {
      name: 'Kysely, in a transaction',
      send: (text) => db.transaction().execute((tx) => runKysely(tx, text)),
    },
    {
      name: 'Kysely, after a function that changed the path',
      send: (text) =>
        db
          .transaction()
          .setIsolationLevel('repeatable read')
          .execute(async (tx) => {
            await runKysely(tx, 'select lead_astray()');
            return runKysely(tx, text);
          }),
    },
  ];
}
