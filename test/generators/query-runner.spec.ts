import 'reflect-metadata';
import type { Tenant } from '@mt/runtime';
import { typeormMigrations } from '@mt/runtime/typeorm';
import {
  Table,
  TableCheck,
  TableColumn,
  TableExclusion,
  TableForeignKey,
  TableIndex,
  TableUnique,
  View,
  type QueryRunner,
} from 'typeorm';
import type { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import {
  describeSchema,
  type SchemaDescription,
} from '../../src/lib/typeorm/generator/describe-schema';
import { useDatabase } from '../support/database';
import { Application, type Isolation } from './typeorm/application';

/** How a migration may name a table of the tenant. */
const FORMS = {
  'the marker': (name: string) => `$tenant.${name}`,
  'no schema': (name: string) => name,
};
type Form = (name: string) => string;
type Work = (runner: PostgresQueryRunner) => Promise<unknown>;

const TEXT = { type: 'text', isNullable: true };
const STATE = { name: 'state', type: 'enum', enum: ['x', 'y'], default: "'x'" };

/** What a migration does, and the objects that are not as before. */
type Case = readonly [
  work: (runner: PostgresQueryRunner, form: Form) => Promise<unknown>,
  changed: readonly string[],
];

const NEW_TABLE = [
  'relation made',
  'relation made_id_seq',
  'column made.id',
  'column made.state',
  'column made.owner',
  'column made.twice',
  'constraint made.PK_made',
  'constraint made.FK_made',
  'constraint made.UQ_made',
  'constraint made.CHK_made',
  'index PK_made',
  'index UQ_made',
  'index IDX_made',
  'type made_state_enum',
];

const CASES: Readonly<Record<string, Case>> = {
  createTable: [
    (runner, form) =>
      runner.createTable(
        new Table({
          name: form('made'),
          comment: 'Made',
          columns: [
            {
              name: 'id',
              type: 'int',
              isPrimary: true,
              primaryKeyConstraintName: 'PK_made',
              isGenerated: true,
              generationStrategy: 'increment',
            },
            STATE,
            { name: 'owner', type: 'int' },
            { name: 'twice', type: 'int', asExpression: 'owner * 2', generatedType: 'STORED' },
          ],
          uniques: [{ name: 'UQ_made', columnNames: ['owner'] }],
          checks: [{ name: 'CHK_made', expression: 'owner > 0' }],
          indices: [{ name: 'IDX_made', columnNames: ['owner'] }],
          foreignKeys: [
            {
              name: 'FK_made',
              columnNames: ['owner'],
              referencedTableName: form('owners'),
              referencedColumnNames: ['id'],
            },
          ],
        }),
      ),
    NEW_TABLE,
  ],
  'objects with a schema': [
    async (runner) => {
      const schema = '$tenant';
      const columns = [
        STATE,
        { name: 'twice', type: 'int', asExpression: '1 + 1', generatedType: 'STORED' as const },
      ];
      await runner.createTable(new Table({ schema, name: 'made', columns }));
      const expression = 'select twice from "$tenant".made';
      const view = new View({ schema, name: 'seen', expression });
      await runner.createView(view, true);
      expect(await runner.getView('$tenant.seen')).toBeDefined();
      expect(await runner.hasTable(new Table({ schema, name: 'made' }))).toBe(true);
    },
    [
      'relation made',
      'column made.state',
      'column made.twice',
      'relation seen',
      'type made_state_enum',
    ],
  ],
  'createTable, if it is not there': [
    (runner, form) =>
      runner.createTable(
        new Table({ name: form('only_public'), columns: [{ name: 'id', type: 'int' }] }),
        true,
      ),
    ['relation only_public', 'column only_public.id'],
  ],
  dropTable: [
    (runner, form) => runner.dropTable(form('items')),
    [
      'relation items',
      'column items.id',
      'column items.name',
      'column items.kind',
      'column items.owner',
      'constraint items.FK_items',
      'constraint items.PK_items',
      'constraint items.UQ_items',
      'index IDX_items',
      'index PK_items',
      'index UQ_items',
    ],
  ],
  'dropTable, if it is there': [(runner, form) => runner.dropTable(form('only_public'), true), []],
  renameTable: [
    (runner, form) => runner.renameTable(form('owners'), 'holders'),
    [
      'relation owners',
      'column owners.id',
      'constraint owners.PK_owners',
      'relation holders',
      'column holders.id',
      'constraint holders.PK_owners',
      'constraint items.FK_items',
      'index PK_owners',
    ],
  ],
  changeTableComment: [
    (runner, form) => runner.changeTableComment(form('items'), "It's"),
    ['relation items'],
  ],
  addColumn: [
    (runner, form) => runner.addColumn(form('items'), new TableColumn({ name: 'a', ...TEXT })),
    ['column items.a'],
  ],
  'addColumn of an enum': [
    (runner, form) => runner.addColumn(form('items'), new TableColumn(STATE)),
    ['column items.state', 'type items_state_enum'],
  ],
  'addColumn with a generated uuid': [
    (runner, form) =>
      runner.addColumn(
        form('items'),
        new TableColumn({
          name: 'token',
          type: 'uuid',
          isGenerated: true,
          generationStrategy: 'uuid',
        }),
      ),
    ['column items.token'],
  ],
  'addColumn with an expression': [
    (runner, form) =>
      runner.addColumn(
        form('items'),
        new TableColumn({
          name: 'upper',
          type: 'text',
          asExpression: 'upper(name)',
          generatedType: 'STORED',
          isNullable: true,
        }),
      ),
    ['column items.upper'],
  ],
  addColumns: [
    (runner, form) =>
      runner.addColumns(form('items'), [
        new TableColumn({ name: 'a', ...TEXT }),
        new TableColumn({ name: 'b', type: 'int', isNullable: true }),
      ]),
    ['column items.a', 'column items.b'],
  ],
  renameColumn: [
    (runner, form) => runner.renameColumn(form('items'), 'name', 'title'),
    ['column items.name', 'column items.title', 'constraint items.UQ_items', 'index UQ_items'],
  ],
  'renameColumn of an enum': [
    (runner, form) => runner.renameColumn(form('items'), 'kind', 'sort'),
    ['column items.kind', 'column items.sort', 'type items_kind_enum', 'type items_sort_enum'],
  ],
  changeColumn: [
    (runner, form) =>
      runner.changeColumn(
        form('items'),
        'name',
        new TableColumn({ name: 'name', type: 'text', isUnique: true, default: "'x'" }),
      ),
    ['column items.name'],
  ],
  'changeColumn of an enum': [
    (runner, form) =>
      runner.changeColumn(
        form('items'),
        'kind',
        new TableColumn({ name: 'kind', type: 'enum', enum: ['a', 'c'], default: "'c'" }),
      ),
    ['column items.kind', 'type items_kind_enum'],
  ],
  changeColumns: [
    async (runner, form) => {
      const table = await runner.getTable(form('items'));
      const oldColumn = table?.findColumnByName('owner');
      if (!oldColumn) throw new Error('The column was not found');
      const newColumn = oldColumn.clone();
      newColumn.isNullable = false;
      await runner.changeColumns(form('items'), [{ oldColumn, newColumn }]);
    },
    ['column items.owner'],
  ],
  dropColumn: [
    (runner, form) => runner.dropColumn(form('items'), 'kind'),
    ['column items.kind', 'type items_kind_enum'],
  ],
  dropColumns: [
    (runner, form) => runner.dropColumns(form('items'), ['kind', 'nothing'], true),
    ['column items.kind', 'type items_kind_enum'],
  ],
  'primary keys': [
    async (runner, form) => {
      const table = await runner.getTable(form('items'));
      if (!table) throw new Error('The table was not found');
      await runner.dropPrimaryKey(table);
      await runner.createPrimaryKey(form('items'), ['id', 'name'], 'PK_new');
    },
    [
      'column items.id',
      'constraint items.PK_items',
      'constraint items.PK_new',
      'index PK_items',
      'index PK_new',
    ],
  ],
  updatePrimaryKeys: [
    async (runner, form) => {
      const table = await runner.getTable(form('items'));
      const columns = table?.columns.filter(({ name }) => name === 'id' || name === 'name') ?? [];
      await runner.updatePrimaryKeys(form('items'), columns);
    },
    ['column items.id', 'constraint items.PK_items', 'index PK_items'],
  ],
  'unique constraints': [
    async (runner, form) => {
      await runner.dropUniqueConstraint(form('items'), 'UQ_items');
      await runner.createUniqueConstraint(
        form('items'),
        new TableUnique({ name: 'UQ_new', columnNames: ['name', 'owner'] }),
      );
    },
    [
      'column items.name',
      'constraint items.UQ_items',
      'constraint items.UQ_new',
      'index UQ_items',
      'index UQ_new',
    ],
  ],
  'check constraints': [
    async (runner, form) => {
      const check = new TableCheck({ name: 'CHK_a', expression: 'owner > 0' });
      await runner.createCheckConstraint(form('items'), check);
      await runner.createCheckConstraints(form('items'), [
        new TableCheck({ name: 'CHK_b', expression: `kind <> 'b'` }),
      ]);
      await runner.dropCheckConstraint(form('items'), 'CHK_a');
    },
    ['constraint items.CHK_b'],
  ],
  'exclusion constraints': [
    async (runner, form) => {
      const exclude = (name: string) =>
        new TableExclusion({ name, expression: 'USING btree (owner WITH =)' });
      await runner.createExclusionConstraint(form('items'), exclude('XCL_a'));
      await runner.createExclusionConstraints(form('items'), [exclude('XCL_b')]);
      await runner.dropExclusionConstraint(form('items'), 'XCL_a');
    },
    ['constraint items.XCL_b', 'index XCL_b'],
  ],
  'foreign keys': [
    async (runner, form) => {
      const key = (name: string) =>
        new TableForeignKey({
          name,
          columnNames: ['owner'],
          referencedTableName: form('owners'),
          referencedColumnNames: ['id'],
          onDelete: 'CASCADE',
        });
      await runner.dropForeignKey(form('items'), 'FK_items');
      await runner.createForeignKey(form('items'), key('FK_a'));
      await runner.createForeignKeys(form('items'), [key('FK_b')]);
      await runner.dropForeignKeys(form('items'), [key('FK_a')]);
    },
    ['constraint items.FK_b', 'constraint items.FK_items'],
  ],
  'a foreign key by an object with a schema': [
    (runner, form) =>
      runner.createForeignKey(
        form('items'),
        new TableForeignKey({
          name: 'FK_a',
          columnNames: ['owner'],
          referencedSchema: '$tenant',
          referencedTableName: 'owners',
          referencedColumnNames: ['id'],
        }),
      ),
    ['constraint items.FK_a'],
  ],
  indexes: [
    async (runner, form) => {
      const index = (name: string) => new TableIndex({ name, columnNames: ['owner', 'name'] });
      await runner.createIndex(form('items'), index('IDX_a'));
      await runner.createIndices(form('items'), [index('IDX_b'), index('IDX_c')]);
      await runner.dropIndex(form('items'), 'IDX_a');
      await runner.dropIndices(form('items'), [index('IDX_b')]);
    },
    ['index IDX_c'],
  ],
  views: [
    async (runner, form) => {
      const view = (name: string) =>
        new View({ name: form(name), expression: 'select name from "$tenant"."items"' });
      await runner.createView(view('kept'), true);
      await runner.createView(view('gone'), true);
      expect((await runner.getView(form('kept')))?.expression).toContain('items');
      expect(await runner.getViews([form('kept'), form('gone')])).toHaveLength(2);
      await runner.dropView(form('gone'));
      await runner.dropView(form('gone'), true);
    },
    ['relation kept'],
  ],
  'a materialized view': [
    async (runner, form) => {
      await runner.createView(
        new View({
          name: form('counted'),
          materialized: true,
          expression: 'select count(*) as items from "$tenant"."items"',
        }),
        true,
      );
      const index = (name: string) => new TableIndex({ name, columnNames: ['items'] });
      await runner.createViewIndex(form('counted'), index('IDX_a'));
      await runner.createViewIndices(form('counted'), [index('IDX_b')]);
      await runner.dropViewIndex(form('counted'), 'IDX_a');
    },
    ['relation counted', 'index IDX_b'],
  ],
  'what is there': [
    async (runner, form) => {
      expect(await runner.hasTable(form('items'))).toBe(true);
      expect(await runner.hasTable(form('only_public'))).toBe(false);
      expect(await runner.hasColumn(form('items'), 'kind')).toBe(true);
      expect(await runner.hasColumn(form('items'), 'decoy')).toBe(false);
      expect(await runner.hasSchema('$tenant')).toBe(true);
      expect(await runner.getTable(form('only_public'))).toBeUndefined();
      const tables = await runner.getTables([form('items'), form('owners')]);
      expect(new Set(tables.map(({ name }) => name))).toEqual(
        new Set(['$tenant.items', '$tenant.owners']),
      );
      const table = await runner.getTable(form('items'));
      expect(table?.columns.map(({ name }) => name)).toEqual(['id', 'name', 'kind', 'owner']);
      expect(table?.findColumnByName('kind')).toMatchObject({ type: 'enum', enum: ['a', 'b'] });
      expect(table?.foreignKeys).toMatchObject([{ referencedTableName: '$tenant.owners' }]);
      expect(table?.indices).toMatchObject([{ name: 'IDX_items' }]);
    },
    [],
  ],
  clearTable: [
    async (runner, form) => {
      await runner.query('insert into "$tenant"."owners" values (1)');
      await runner.clearTable(form('owners'), { cascade: true });
      expect(await runner.query('select from "$tenant"."owners"')).toEqual([]);
    },
    [],
  ],
  'a table that was looked up': [
    async (runner, form) => {
      const table = await runner.getTable(form('items'));
      if (!table) throw new Error('The table was not found');
      await runner.addColumn(table, new TableColumn({ name: 'a', ...TEXT }));
      await runner.createIndex(table, new TableIndex({ columnNames: ['owner'], name: 'IDX_a' }));
      await runner.dropIndex(table, 'IDX_items');
      await runner.renameColumn(table, 'a', 'b');
    },
    ['column items.b', 'index IDX_a', 'index IDX_items'],
  ],
  'a transaction of its own': [
    async (runner, form) => {
      await runner.startTransaction();
      await runner.dropTable(form('items'));
      await runner.rollbackTransaction();
      await runner.manager.transaction((manager) =>
        manager.query('create index "IDX_a" on "$tenant"."items" (owner)'),
      );
    },
    ['index IDX_a'],
  ],
};

const BASE = [
  `CREATE TYPE "$tenant"."items_kind_enum" AS ENUM('a', 'b')`,
  `CREATE TABLE "$tenant"."owners" ("id" int, CONSTRAINT "PK_owners" PRIMARY KEY ("id"))`,
  `CREATE TABLE "$tenant"."items" ("id" int, "name" text NOT NULL,
     "kind" "$tenant"."items_kind_enum" DEFAULT 'a', "owner" int,
     CONSTRAINT "PK_items" PRIMARY KEY ("id"), CONSTRAINT "UQ_items" UNIQUE ("name"),
     CONSTRAINT "FK_items" FOREIGN KEY ("owner") REFERENCES "$tenant"."owners")`,
  `CREATE INDEX "IDX_items" ON "$tenant"."items" ("owner")`,
  `CREATE TABLE "$tenant"."typeorm_metadata" ("type" text, "database" text, "schema" text,
     "table" text, "name" text, "value" text)`,
];

class Base1700000000000 {
  name = 'Base1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of BASE) await runner.query(statement);
  }

  down = () => Promise.resolve();
}

class Rollback extends Error {}

const database = useDatabase();
const inPublic = () => describeSchema((text, values) => database.query(text, values), 'public');

describe.each<Isolation>(['schema', 'role'])('QueryRunner in a migration (%s)', (isolation) => {
  let application: Application;
  let tenants: Tenant[];
  let untouched: SchemaDescription;
  let source: ReturnType<typeof typeormMigrations>;
  let todo: Work;

  class Attempt1700000000001 {
    name = 'Attempt1700000000001';
    up = async (runner: QueryRunner) => void (await todo(runner as PostgresQueryRunner));
    down = () => Promise.resolve();
  }

  beforeAll(async () => {
    // What must not be found, nor changed.
    await database.query(`
      drop schema public cascade;
      create schema public;
      create table items (id int, decoy int);
      create table owners (id int primary key, decoy int);
      create table only_public (id int);
      create type items_state_enum as enum ('decoy');
      create type made_state_enum as enum ('decoy')`);
    untouched = await inPublic();
    application = await Application.start(database, isolation, {});
    application.add(Base1700000000000);
    source = typeormMigrations(application.connections, [Attempt1700000000001]);
    tenants = [await application.createTenant('a'), await application.createTenant('b')];
  });
  afterAll(() => application.connections.close());

  /** Does something in a migration of a tenant, describes what came of it, and takes it back. */
  async function attempt(tenant: Tenant, work: Work): Promise<SchemaDescription> {
    let described: SchemaDescription | undefined;
    todo = async (runner) => {
      await work(runner);
      described = await describeSchema((text, values) => runner.query(text, values), tenant.schema);
      throw new Rollback();
    };
    const [migration] = await source.load();
    await expect(
      source.transaction(tenant, async (session) => migration?.up(session)),
    ).rejects.toThrow(Rollback);
    if (!described) throw new Error('Nothing was described');
    return described;
  }

  describe.each(Object.entries(FORMS))('names tables by %s', (_, form) => {
    it.each(Object.entries(CASES))('%s', async (__, [work, changed]) => {
      for (const tenant of tenants) {
        const before = await attempt(tenant, () => Promise.resolve());
        const after = await attempt(tenant, (runner) => work(runner, form));
        const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
          (name) => before.get(name) !== after.get(name),
        );
        expect(differing.toSorted()).toEqual([...changed].toSorted());
      }
      expect(await inPublic()).toEqual(untouched);
    });
  });

  it('keeps what TypeORM notes of a tenant with the tenant', async () => {
    for (const tenant of tenants) {
      await attempt(tenant, async (runner) => {
        const [addColumn] = CASES['addColumn with an expression'] ?? [];
        await addColumn?.(runner, (name) => `$tenant.${name}`);
        const rows = await runner.query('select "schema", "table" from "$tenant".typeorm_metadata');
        expect(rows).toEqual([{ schema: tenant.schema, table: 'items' }]);
        const table = await runner.getTable('$tenant.items');
        expect(table?.findColumnByName('upper')?.asExpression).toBe('upper(name)');
      });
    }
  });

  it('finds tables in the application, too', async () => {
    for (const tenant of tenants) {
      await application.run(tenant, [], async (dataSource) => {
        const runner = dataSource.createQueryRunner();
        expect(await runner.hasTable('$tenant.items')).toBe(true);
        expect(await runner.hasTable('$tenant.only_public')).toBe(false);
        expect((await runner.getTable('$tenant.items'))?.columns).toHaveLength(4);
        await runner.release();
      });
    }
  });

  it.each<[string, (runner: QueryRunner) => Promise<unknown>]>([
    ['query', (runner) => runner.query('commit')],
    ['sql', (runner) => runner.sql`commit`],
    ['manager.query', (runner) => runner.manager.query('commit')],
    ['commitTransaction', (runner) => runner.commitTransaction()],
    ['rollbackTransaction', (runner) => runner.rollbackTransaction()],
    ['clearDatabase', (runner) => runner.clearDatabase()],
  ])(
    'does not end the transaction of the migration, nor empty the database: %s',
    async (_, send) => {
      const [tenant] = tenants;
      if (!tenant) throw new Error('There is no tenant');
      await attempt(tenant, async (runner) => {
        await expect((async () => send(runner))()).rejects.toMatchObject({
          code: 'STATEMENT_UNSUPPORTED',
        });
      });
    },
  );
});
