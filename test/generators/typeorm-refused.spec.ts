import 'reflect-metadata';
import { TenantEntity, diffTenantSchema, entitiesOf } from '@mt/runtime/typeorm';
import {
  Column,
  EntitySchema,
  Index,
  ManyToOne,
  PrimaryGeneratedColumn,
  Tree,
  TreeChildren,
  TreeLevelColumn,
  TreeParent,
  type ColumnOptions,
  type QueryRunner,
  type RelationOptions,
} from 'typeorm';
import pg from 'pg';
import { useDatabase } from '../support/database';

type EntityClass = new () => object;

const database = useDatabase();

function entity(options?: ColumnOptions, ...decorators: ClassDecorator[]): EntityClass {
  class Refused {
    id!: number;
    column!: unknown;
  }
  PrimaryGeneratedColumn()(Refused.prototype, 'id');
  if (options) Column(options)(Refused.prototype, 'column');
  for (const decorate of [TenantEntity('refused'), ...decorators]) decorate(Refused);
  return Refused;
}

function relation(options: RelationOptions): EntityClass {
  const target = entity();
  ManyToOne(() => target, options)(target.prototype, 'column');
  return target;
}

function closures(): EntityClass {
  class Closures {
    id!: number;
    level!: number;
    parent!: Closures;
    children!: Closures[];
  }
  PrimaryGeneratedColumn()(Closures.prototype, 'id');
  TreeLevelColumn()(Closures.prototype, 'level');
  Reflect.defineMetadata('design:type', Number, Closures.prototype, 'level');
  Reflect.defineMetadata('design:type', Closures, Closures.prototype, 'parent');
  TreeParent()(Closures.prototype, 'parent');
  TreeChildren()(Closures.prototype, 'children');
  Tree('closure-table')(Closures);
  TenantEntity('closures')(Closures);
  return Closures;
}

/** What TypeORM cannot do, and what the error says. */
const REFUSED: Readonly<Record<string, readonly [entities: EntityClass[], error: RegExp]>> = {
  'an array of JSON': [[entity({ type: 'json', array: true })], /Refused\.column: .*JSON/],
  'an array of binary JSON': [[entity({ type: 'jsonb', array: true })], /Refused\.column: .*JSON/],
  'the level of a closure tree': [[closures()], /Closures\.level: .*closures/],
  'a default with an apostrophe': [[entity({ type: 'text', default: "it's" })], /syntax error/],
  'ON DELETE DEFAULT': [[relation({ onDelete: 'DEFAULT' })], /syntax error/],
  'a character set': [[entity({ type: 'text', charset: 'utf8' })], /syntax error/],
  'a collation that is not there': [
    [entity({ type: 'text', collation: 'nowhere' })],
    /collation "nowhere"/,
  ],
  'an index that is built concurrently': [
    [entity({ type: 'text' }, Index(['column'], { concurrent: true }))],
    /CREATE INDEX CONCURRENTLY/,
  ],
  'a function that nobody has made': [
    [entity({ type: 'text', default: () => 'made_by_nobody()' })],
    /function made_by_nobody\(\) does not exist/,
  ],
  'a type of an extension without a schema for it': [
    [entity({ type: 'citext' })],
    /types of extensions.*: citext\./,
  ],
  'the generator of uuids of an extension that is not there': [
    [entity({ type: 'uuid', default: () => 'uuid_generate_v4()' })],
    /uuid_generate_v4\(\) does not exist/,
  ],
  'names that PostgreSQL cuts short': [
    [entity({ type: 'text', name: 'x'.repeat(64) })],
    /longer than the 63 bytes/,
  ],
  'two entities that disagree about a table': [
    [entity({ type: 'text', name: 'one' }), entity({ type: 'text', name: 'other' })],
    /write the same again/,
  ],
};

describe('diffTenantSchema', () => {
  afterEach(async () => {
    const left = await database.query(
      'select datname from pg_database where starts_with(datname, $1)',
      [`mt_diff_${process.pid}_`],
    );
    expect(left).toEqual([]);
  });

  it.each(Object.entries(REFUSED))('refuses %s', async (_, [entities, message]) => {
    const diff = diffTenantSchema(database.connectionString, { entities, migrations: [] });
    await expect(diff).rejects.toMatchObject({
      code: 'SCHEMA_DIFF_FAILED',
      message: expect.stringMatching(message) as string,
      remedy: expect.any(String) as string,
    });
  });

  it('refuses a type whose extension the server does not have', async () => {
    const diff = diffTenantSchema(database.connectionString, {
      entities: [entity({ type: 'vector', length: 3 })],
      migrations: [],
      sharedSchemas: ['extensions'],
    });
    await expect(diff).rejects.toMatchObject({
      code: 'SCHEMA_DIFF_FAILED',
      message: expect.stringContaining('type "vector" does not exist') as string,
    });
  });

  it('leaves it to TypeORM to refuse a virtual column', async () => {
    const entities = [entity({ type: 'text', asExpression: `'a'` })];
    const diff = diffTenantSchema(database.connectionString, { entities, migrations: [] });
    await expect(diff).rejects.toThrow('supports only STORED generated columns');
  });

  it.each(['synchronize', 'dropSchema', 'migrationsRun', 'cache'] as const)(
    'refuses the option %s, as the application does',
    async (option) => {
      const diff = diffTenantSchema(database.connectionString, {
        entities: [],
        migrations: [],
        [option]: true,
      });
      await expect(diff).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    },
  );

  it('names the migration that does not run', async () => {
    class Broken1700000000000 {
      name = 'Broken1700000000000';
      up = (runner: QueryRunner) => runner.query('create table "$tenant".items (id nothing)');
      down = () => Promise.resolve();
    }
    const diff = diffTenantSchema(database.connectionString, {
      entities: [],
      migrations: [Broken1700000000000],
    });
    await expect(diff).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      migration: 'Broken1700000000000',
    });
  });

  it('tells of a login that may not create databases as PostgreSQL does', async () => {
    await database.query(`create role no_databases login password 'x'`);
    const url = new URL(database.connectionString);
    url.username = 'no_databases';
    url.password = 'x';
    try {
      const diff = diffTenantSchema(url.href, { entities: [], migrations: [] });
      await expect(diff).rejects.toMatchObject({ code: '42501' });
    } finally {
      await database.query('drop role no_databases');
    }
  });

  it('compares several times at once', async () => {
    const options = { entities: [entity({ type: 'text' })], migrations: [] };
    const diffs = await Promise.all(
      [1, 2, 3].map(() => diffTenantSchema(database.connectionString, options)),
    );
    for (const diff of diffs) expect(diff).toEqual(diffs[0]);
  });
});

describe('the URL of the database', () => {
  const PASSWORD = `p@ss:wörd/?#[]%&="'\\ $^|{}+`;
  const options = () => ({ entities: [entity({ type: 'text' })], migrations: [] });

  beforeAll(() =>
    database.query(`create role "odd user" login createdb password ${pg.escapeLiteral(PASSWORD)}`),
  );
  afterAll(() => database.query('drop role "odd user"'));

  const user = () => `${encodeURIComponent('odd user')}:${encodeURIComponent(PASSWORD)}`;

  it.each<[string, (url: URL) => string]>([
    ['names a host', (url) => `postgres://${user()}@${url.host}${url.pathname}`],
    ['has settings', (url) => `postgres://${user()}@${url.host}${url.pathname}?sslmode=disable`],
    [
      'names the host apart, as for a socket',
      (url) => `postgresql://${user()}@${url.pathname}?host=${url.hostname}&port=${url.port}`,
    ],
    [
      'names all apart',
      (url) =>
        `postgresql://${url.pathname}?host=${url.hostname}&port=${url.port}&user=odd%20user&password=${encodeURIComponent(PASSWORD)}`,
    ],
  ])('%s', async (_, form) => {
    const diff = await diffTenantSchema(form(new URL(database.connectionString)), options());
    expect(diff.up).not.toEqual([]);
  });

  it('reaches the directory of a socket', async () => {
    const diff = diffTenantSchema('postgresql://app:s@/x?host=/cloudsql/p:r:i', options());
    await expect(diff).rejects.toThrow('/cloudsql/p:r:i/.s.PGSQL.5432');
  });

  it.each(['', 'nonsense', '/var/run/postgresql app', 'postgres://app:p#ss@host/x'])(
    'is refused where it is none: %j',
    async (url) => {
      const error: unknown = await diffTenantSchema(url, options()).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', remedy: expect.any(String) });
      expect(String(error)).not.toContain('p#ss');
    },
  );
});

it('entitiesOf() takes the entities of a module, and not what stands beside them', () => {
  enum Role {
    Admin = 'admin',
  }
  const schema = new EntitySchema({ name: 'x', columns: {} });
  const one = entity();
  expect(
    entitiesOf({ one, schema, Role, TABLE: 'src/**/*.ts', LIMIT: 3, nothing: null, list: [one] }),
  ).toEqual([one, schema]);
});
