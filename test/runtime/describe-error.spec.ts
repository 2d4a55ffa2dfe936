import { sql } from 'drizzle-orm';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import {
  ConnectionManager,
  ConnectionTimeoutError,
  describeError,
  runWithTenant,
  type Tenant,
} from '@mt/runtime';
import { openStore, ORMS, type Orm } from '../support/orms.js';
import { useTenancy } from '../support/tenancy.js';

const SECRET = 'ada@example.com';

const tenancy = useTenancy(
  {},
  `create table "$tenant"."items" (
     "id" integer primary key generated always as identity,
     "owner" text not null unique check (owner not like 'nobody%'),
     "note" text not null default ''
   );`,
);
let tenant: Tenant;

beforeAll(async () => {
  tenant = await tenancy.tenants.create({ slug: 'acme' });
});

/** The error of a statement with one parameter. */
async function failing(orm: Orm, statement: string, parameter: string): Promise<unknown> {
  const [before = '', after = ''] = statement.split('$1');
  const { connections } = tenancy;
  return runWithTenant(tenant, async () => {
    if (orm === 'drizzle') {
      const query = sql`${sql.raw(before)}${parameter}${sql.raw(after)}`;
      return createTenantDatabase(connections).execute(query).then(unexpected, identity);
    }
    const dataSource = await createTenantDataSource(connections, { entities: [] }).initialize();
    const error = await dataSource.query(statement, [parameter]).then(unexpected, identity);
    await dataSource.destroy();
    return error;
  });
}

const identity = (error: unknown) => error;
const unexpected = () => {
  throw new Error('The statement did not fail.');
};

describe.each(ORMS)('an error of %s', (orm) => {
  it.each([
    ['a unique violation', 'insert into items (owner) values ($1)', SECRET, '23505'],
    ['a check violation', 'insert into items (owner) values ($1)', `nobody ${SECRET}`, '23514'],
    ['a null value', 'insert into items (owner, note) values (null, $1)', SECRET, '23502'],
    ['a text that is no number', 'select $1::int', SECRET, '22P02'],
    ['a number out of range', 'select $1::int', '4920012345678', '22003'],
    ['a text that is no date', 'select $1::date', SECRET, '22007'],
    ['quotes and lines in the text', 'select $1::int', `"\n    at x "${SECRET}"\n`, '22P02'],
    ['no such table', 'select $1 from nowhere', SECRET, '42P01'],
  ])(
    'tells of %s the statement and the reason, without the value',
    async (_, text, value, state) => {
      if (state === '23505') {
        const there = `insert into ${tenant.schema}.items (owner) values ($1) on conflict do nothing`;
        await tenancy.database.query(there, [value]);
      }
      const error = await failing(orm, text, value);
      for (const description of [describeError(error), describeError(error, { stack: true })]) {
        expect(description).toContain(`Failed query: ${text}`);
        expect(description).toContain(`DatabaseError ${state}: `);
        expect(description).not.toContain(value);
        expect(description).not.toContain('ada');
      }
      expect(describeError(error)).not.toContain('\n');
      expect(describeError(error, { stack: true })).toMatch(/\n {4}at .*describe-error\.spec/);
    },
  );

  it('is told without its value also where another error repeats its message', async () => {
    const cause = (await failing(orm, 'select $1::int', SECRET)) as Error;
    const description = describeError(new Error(`Cannot pay: ${cause.message}`), { stack: true });
    // PostgreSQL quotes the value, and this error does not say that PostgreSQL spoke.
    if (orm === 'drizzle') expect(description).not.toContain(SECRET);
    expect(describeError(new Error('Cannot pay', { cause }))).toMatch(
      /^Error: Cannot pay Caused by: .*Failed query: .* Caused by: DatabaseError 22P02: invalid/,
    );
  });

  it('tells of a refused connection why it was refused', async () => {
    const nowhere = new ConnectionManager({ connectionString: 'postgres://127.0.0.1:1/x' });
    const store = await openStore(orm, nowhere).catch(identity);
    const error =
      store instanceof Error
        ? store
        : await runWithTenant(tenant, () => (store as { all(): Promise<unknown> }).all()).catch(
            identity,
          );
    expect(describeError(error)).toMatch(/DatabaseUnavailableError: .* Caused by: .*ECONNREFUSED/);
    await nowhere.close();
  });
});

it('tells of other errors what they say, once', () => {
  const timeout = new ConnectionTimeoutError(5);
  expect(describeError(timeout)).toBe(
    'ConnectionTimeoutError: No database connection became available within 5 ms.',
  );
  const same = Object.assign(new Error('x'), { cause: new Error('x') });
  expect(describeError(same)).toBe('Error: x');
  const circle = new TypeError('round');
  circle.cause = circle;
  expect(describeError(circle)).toBe('TypeError: round');
});

it('is one line of bounded length, whatever was thrown', () => {
  expect(describeError(new Error(`a\n${'b'.repeat(1e6)}`)).length).toBeLessThan(3_000);
  expect(describeError('a text')).toBe('a text');
  expect(describeError({ password: SECRET })).toBe('a thrown object');
  expect(describeError(null)).toBe('a thrown null');
  expect(describeError(new Error(''))).toBe('Error');
});
