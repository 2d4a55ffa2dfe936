import { TENANT_MARKER } from '@mt/runtime';
import { TenantEntity, TenantViewEntity } from '@mt/runtime/typeorm';
import {
  Column,
  EntitySchema,
  Index,
  PrimaryGeneratedColumn,
  ViewColumn,
  type EntitySchemaColumnOptions,
  type EntitySchemaOptions,
} from 'typeorm';

type Row = Record<string, unknown>;
type Columns = Record<string, EntitySchemaColumnOptions>;
type Options = Partial<EntitySchemaOptions<Row>>;
type Entities = readonly (EntitySchema<Row> | (new () => object))[];

/** Entities before, and after. */
type Change = (of: Namer) => readonly [before: Entities, after: Entities];

// The type does not know what TypeORM does.
const ID = {
  type: 'int',
  primary: true,
  generated: 'identity',
} as unknown as EntitySchemaColumnOptions;
const SERIAL: EntitySchemaColumnOptions = { type: 'int', primary: true, generated: 'increment' };
const NAME: Columns = { name: { type: 'text' } };
const TO_PARENT = { type: 'many-to-one', joinColumn: true } as const;

/** Makes entities under names that no other change has. */
export class Namer {
  constructor(readonly prefix: string) {}

  table(columns: Columns = {}, options: Options = {}, name = 'things'): EntitySchema<Row> {
    return new EntitySchema<Row>({
      name: this.name(name),
      tableName: this.name(name),
      schema: TENANT_MARKER,
      columns: { id: ID, ...columns },
      ...options,
    });
  }

  /** Another table, to which the first one refers. */
  get parent(): EntitySchema<Row> {
    return this.table({ code: { type: 'int', unique: true } }, {}, 'parents');
  }

  /** The first table, with a reference to the other. */
  child(relation: Partial<NonNullable<Options['relations']>[string]> = {}): EntitySchema<Row> {
    const parent = { ...TO_PARENT, target: this.name('parents'), ...relation };
    return this.table({}, { relations: { parent } });
  }

  view(expression: string, name = 'names'): EntitySchema<Row> {
    return new EntitySchema<Row>({
      name: this.name(name),
      tableName: this.name(name),
      type: 'view',
      schema: TENANT_MARKER,
      expression,
      columns: { name: { type: 'text' } },
    });
  }

  name(of: string): string {
    return `${this.prefix}_${of}`;
  }
}

function decorated(...decorators: ((target: new () => object) => unknown)[]): new () => object {
  class Decorated {
    id!: number;
    name!: string;
  }
  PrimaryGeneratedColumn('identity')(Decorated.prototype, 'id');
  Column({ type: 'text' })(Decorated.prototype, 'name');
  for (const decorate of decorators) decorate(Decorated);
  return Decorated;
}

function decoratedView(
  name: string,
  options: Parameters<typeof TenantViewEntity>[1],
  ...decorators: ((target: new () => object) => unknown)[]
): new () => object {
  class View {
    name!: string;
  }
  ViewColumn()(View.prototype, 'name');
  TenantViewEntity(name, options)(View);
  for (const decorate of decorators) decorate(View);
  return View;
}

/** What a team does to its entities after the first migration. */
export const changes: Readonly<Record<string, Change>> = {
  'renames a column': (of) => [
    [of.table({ old: { type: 'text' } })],
    [of.table({ new: { type: 'text' } })],
  ],
  'renames a unique column': (of) => [
    [of.table({ old: { type: 'text', unique: true } })],
    [of.table({ new: { type: 'text', unique: true } })],
  ],
  'renames an indexed column': (of) => [
    [of.table({ old: { type: 'text' } }, { indices: [{ columns: ['old'] }] })],
    [of.table({ new: { type: 'text' } }, { indices: [{ columns: ['new'] }] })],
  ],
  'renames an enum column': (of) => [
    [of.table({ old: { type: 'enum', enum: ['a'], default: 'a' } })],
    [of.table({ new: { type: 'enum', enum: ['a'], default: 'a' } })],
  ],
  'renames a serial key': (of) => [
    [of.table({ id: SERIAL })],
    [of.table({ id: { ...SERIAL, name: 'key' } })],
  ],
  'changes types and sizes': (of) => [
    [
      of.table({
        a: { type: 'int' },
        b: { type: 'varchar', length: 5 },
        c: { type: 'numeric', precision: 5, scale: 2 },
        d: { type: 'timestamp' },
        e: { type: 'text' },
        f: { type: 'timestamptz', precision: 3 },
      }),
    ],
    [
      of.table({
        a: { type: 'bigint' },
        b: { type: 'varchar', length: 9 },
        c: { type: 'numeric', precision: 9, scale: 3 },
        d: { type: 'timestamptz' },
        e: { type: 'text', array: true, default: [] },
        f: { type: 'timestamptz', precision: 0 },
      }),
    ],
  ],
  'changes nullability, defaults and comments': (of) => [
    [
      of.table({
        a: { type: 'int', nullable: true },
        b: { type: 'int', default: 1 },
        c: { type: 'int' },
        d: { type: 'text', default: 'x', comment: 'Before' },
        e: { type: 'jsonb', default: {} },
        f: { type: 'text', comment: 'Before' },
        g: { type: 'timestamptz', default: () => 'now()' },
      }),
    ],
    [
      of.table({
        a: { type: 'int' },
        b: { type: 'int', nullable: true },
        c: { type: 'int', default: 2 },
        d: { type: 'text', default: 'y', comment: 'After' },
        e: { type: 'jsonb', default: { a: 1 } },
        f: { type: 'text' },
        g: { type: 'timestamptz', default: () => "now() + interval '1 day'" },
      }),
    ],
  ],
  'makes a column unique': (of) => [
    [of.table(NAME)],
    [of.table({ name: { type: 'text', unique: true } })],
  ],
  'makes a column not unique': (of) => [
    [of.table({ name: { type: 'text', unique: true } })],
    [of.table(NAME)],
  ],
  'adds a collation': (of) => [
    [of.table(NAME)],
    [of.table({ name: { type: 'text', collation: 'C' } })],
  ],
  'changes a collation': (of) => [
    [of.table({ name: { type: 'text', collation: 'POSIX' } })],
    [of.table({ name: { type: 'text', collation: 'C' } })],
  ],
  'adds values to an enum': (of) => [
    [of.table({ state: { type: 'enum', enum: ['a', 'b'], default: 'a' } })],
    [of.table({ state: { type: 'enum', enum: ['a', 'b', "it's"], default: 'a' } })],
  ],
  'adds a value that is the default': (of) => [
    [of.table({ state: { type: 'enum', enum: ['a', 'b'], default: 'a' } })],
    [of.table({ state: { type: 'enum', enum: ['a', 'b', 'c'], default: 'c' } })],
  ],
  'adds a value to an array of an enum': (of) => [
    [of.table({ state: { type: 'enum', enum: ['a', 'b'], array: true, default: ['a'] } })],
    [
      of.table({
        state: { type: 'enum', enum: ['a', 'b', 'c'], array: true, default: ['a', 'c'] },
      }),
    ],
  ],
  'removes values of an enum': (of) => [
    [of.table({ state: { type: 'enum', enum: ['a', 'b', 'c'], default: 'a' } })],
    [of.table({ state: { type: 'enum', enum: ['a', 'b'], default: 'b' } })],
  ],
  'changes an array of an enum': (of) => [
    [of.table({ state: { type: 'enum', enum: ['a', 'b'], array: true, default: ['a'] } })],
    [of.table({ state: { type: 'enum', enum: ['a', 'c'], array: true, default: ['a', 'c'] } })],
  ],
  'makes a text an enum': (of) => [
    [of.table({ state: { type: 'text' } })],
    [of.table({ state: { type: 'enum', enum: ['a', 'b'], default: 'a' } })],
  ],
  'changes an expression': (of) => [
    [
      of.table({
        ...NAME,
        up: { type: 'text', asExpression: 'upper(name)', generatedType: 'STORED' },
      }),
    ],
    [
      of.table({
        ...NAME,
        up: { type: 'text', asExpression: 'lower(name)', generatedType: 'STORED' },
      }),
    ],
  ],
  'makes a column generated': (of) => [
    [of.table({ ...NAME, up: { type: 'text' } })],
    [
      of.table({
        ...NAME,
        up: { type: 'text', asExpression: 'upper(name)', generatedType: 'STORED' },
      }),
    ],
  ],
  'makes a generated column plain': (of) => [
    [
      of.table({
        ...NAME,
        up: { type: 'text', asExpression: 'upper(name)', generatedType: 'STORED' },
      }),
    ],
    [of.table({ ...NAME, up: { type: 'text' } })],
  ],
  'makes a uuid generated': (of) => [
    [of.table({ token: { type: 'uuid' } })],
    [of.table({ token: { type: 'uuid', generated: 'uuid' } })],
  ],
  'makes a uuid not generated': (of) => [
    [of.table({ token: { type: 'uuid', generated: 'uuid' } })],
    [of.table({ token: { type: 'uuid' } })],
  ],
  'makes a number serial': (of) => [
    [of.table({ number: { type: 'int' } })],
    [of.table({ number: { type: 'int', generated: 'increment' } })],
  ],
  'makes a number not serial': (of) => [
    [of.table({ number: { type: 'int', generated: 'increment' } })],
    [of.table({ number: { type: 'int' } })],
  ],
  'makes a serial key a uuid': (of) => [
    [of.table({ id: SERIAL })],
    [of.table({ id: { type: 'uuid', primary: true, generated: 'uuid' } })],
  ],
  'extends the primary key': (of) => [
    [of.table({ part: { type: 'int' } })],
    [of.table({ part: { type: 'int', primary: true } })],
  ],
  'changes checks, exclusions and uniques': (of) => [
    [
      of.table(
        { a: { type: 'int' }, b: { type: 'int' } },
        {
          checks: [{ expression: 'a > 0' }],
          exclusions: [{ expression: 'USING btree (a WITH =)' }],
          uniques: [{ columns: ['a', 'b'] }],
        },
      ),
    ],
    [
      of.table(
        { a: { type: 'int' }, b: { type: 'int' } },
        {
          checks: [{ expression: 'b > 0' }, { name: of.name('both'), expression: 'a > b' }],
          exclusions: [{ expression: 'USING btree (b WITH =)' }],
          uniques: [{ columns: ['b', 'a'], name: of.name('ba') }],
        },
      ),
    ],
  ],
  'adds a table': (of) => [[of.table(NAME)], [of.table(NAME), of.parent]],
  'adds columns of many kinds': (of) => [
    [of.table(), of.parent],
    [
      of.table(
        {
          text: { type: 'text' },
          filled: { type: 'varchar', length: 9, default: 'x', comment: "It's new" },
          state: { type: 'enum', enum: ['a', 'b'], default: 'a' },
          states: { type: 'enum', enum: ['a', 'b'], array: true, default: ['a'] },
          named: { type: 'enum', enum: ['a'], enumName: of.name('kind'), default: 'a' },
          namedToo: { type: 'enum', enum: ['a'], enumName: of.name('kind'), default: 'a' },
          token: { type: 'uuid', generated: 'uuid' },
          number: { type: 'int', generated: 'increment' },
          unique: { type: 'int', unique: true, nullable: true },
          upper: { type: 'text', asExpression: `upper("text")`, generatedType: 'STORED' },
          at: { type: 'timestamptz', createDate: true },
        },
        {
          indices: [{ columns: ['text'] }, { columns: ['state', 'text'], unique: true }],
          relations: { parent: { ...TO_PARENT, target: of.name('parents') } },
        },
      ),
      of.parent,
    ],
  ],
  'drops columns of many kinds': (of) => [
    [
      of.table(
        {
          text: { type: 'text', comment: 'Going' },
          state: { type: 'enum', enum: ['a', 'b'], default: 'a' },
          states: { type: 'enum', enum: ['a', 'b'], array: true, default: ['a'] },
          token: { type: 'uuid', generated: 'uuid' },
          number: { type: 'int', generated: 'increment' },
          unique: { type: 'int', unique: true, nullable: true },
          upper: { type: 'text', asExpression: `repeat('a', 2)`, generatedType: 'STORED' },
        },
        {
          indices: [{ columns: ['text'] }, { columns: ['state', 'text'], unique: true }],
          relations: { parent: { ...TO_PARENT, target: of.name('parents') } },
        },
      ),
      of.parent,
    ],
    [of.table(), of.parent],
  ],
  'renames the type of an enum': (of) => [
    [of.table({ state: { type: 'enum', enum: ['a'], enumName: of.name('one'), default: 'a' } })],
    [of.table({ state: { type: 'enum', enum: ['a'], enumName: of.name('two'), default: 'a' } })],
  ],
  'changes the comment of a table': (of) => [
    [decorated(TenantEntity(of.name('things'), { comment: 'Before' }))],
    [decorated(TenantEntity(of.name('things'), { comment: "What's after" }))],
  ],
  'removes the comment of a table': (of) => [
    [decorated(TenantEntity(of.name('things'), { comment: 'Before' }))],
    [decorated(TenantEntity(of.name('things')))],
  ],
  'renames a foreign key': (of) => [
    [of.child(), of.parent],
    [of.child({ joinColumn: { name: 'other' } }), of.parent],
  ],
  'changes a relation': (of) => [
    [of.child({ onDelete: 'CASCADE' }), of.parent],
    [of.child({ onDelete: 'SET NULL', onUpdate: 'CASCADE' }), of.parent],
  ],
  'adds a many-to-many': (of) => [
    [of.table(), of.parent],
    [of.child({ type: 'many-to-many', joinTable: true, joinColumn: false }), of.parent],
  ],
  'removes a foreign key': (of) => [
    [of.child(), of.parent],
    [of.table({ parentId: { type: 'int', nullable: true } }), of.parent],
  ],
  'changes the type of a referenced column': (of) => {
    const child = of.child({ joinColumn: { name: 'code', referencedColumnName: 'code' } });
    return [
      [child, of.parent],
      [child, of.table({ code: { type: 'text', unique: true } }, {}, 'parents')],
    ];
  },
  'changes indexes': (of) => {
    const columns: Columns = { a: { type: 'int' }, b: { type: 'int' } };
    return [
      [
        of.table(columns, {
          indices: [
            { columns: ['a'] },
            { columns: ['a', 'b'], where: 'a > 1' },
            { name: of.name('unique'), columns: ['b'] },
            { name: of.name('columns'), columns: ['b'] },
          ],
        }),
      ],
      [
        of.table(columns, {
          indices: [
            { columns: ['b'] },
            { columns: ['a', 'b'], where: 'a > 2' },
            { name: of.name('unique'), columns: ['b'], unique: true },
            { name: of.name('columns'), columns: ['b', 'a'] },
          ],
        }),
      ],
    ];
  },
  'changes the kind of an index': (of) => {
    const index = of.name('index');
    const entity = TenantEntity(of.name('things'));
    return [
      [decorated(entity, Index(index, ['name'], { type: 'btree' }))],
      [decorated(entity, Index(index, ['name'], { type: 'hash' }))],
    ];
  },
  'changes a view': (of) => [
    [of.table(NAME), of.view(`select name from "$tenant".${of.name('things')}`)],
    [of.table(NAME), of.view(`select upper(name) as name from ${of.name('things')}`)],
  ],
  'changes a view on which another depends': (of) => {
    const entities = (expression: string) => {
      const view = decoratedView(of.name('names'), { expression });
      const upon = { expression: `select name from ${of.name('names')}`, dependsOn: [view] };
      return [of.table(NAME), view, decoratedView(of.name('upper'), upon)];
    };
    return [
      entities(`select name from ${of.name('things')}`),
      entities(`select lower(name) as name from ${of.name('things')}`),
    ];
  },
  'changes a materialized view': (of) => {
    const view = (expression: string) =>
      decoratedView(
        of.name('names'),
        { materialized: true, expression },
        Index(of.name('index'), ['name'], { unique: true }),
      );
    return [
      [of.table(NAME), view(`select name from "$tenant"."${of.name('things')}"`)],
      [of.table(NAME), view(`select upper(name) as name from "$tenant"."${of.name('things')}"`)],
    ];
  },
  'adds a view': (of) => [
    [of.table(NAME)],
    [of.table(NAME), of.view(`select name from "$tenant"."${of.name('things')}"`)],
  ],
};

/** What TypeORM writes no working migration for, and what the error says. */
export const refusedChanges: Readonly<Record<string, readonly [change: Change, error: string]>> = {
  'removes a collation': [
    (of) => [[of.table({ name: { type: 'text', collation: 'C' } })], [of.table(NAME)]],
    'collation "undefined"',
  ],
  'changes an enum of two tables': [
    (of) => {
      const entities = (values: string[]) =>
        ['things', 'others'].map((name) =>
          of.table({ state: { type: 'enum', enum: values, enumName: of.name('kind') } }, {}, name),
        );
      return [entities(['a']), entities(['a', 'b'])];
    },
    'already exists',
  ],
  'drops a column with one that is generated of it': [
    (of) => [
      [
        of.table({
          ...NAME,
          up: { type: 'text', asExpression: 'upper(name)', generatedType: 'STORED' },
        }),
      ],
      [of.table()],
    ],
    'other objects depend on it',
  ],
  'changes a view without the name of the one that depends on it': [
    (of) => {
      const entities = (expression: string) => [
        of.table(NAME),
        of.view(expression),
        of.view(`select name from ${of.name('names')}`, 'upper'),
      ];
      return [
        entities(`select name from ${of.name('things')}`),
        entities(`select lower(name) as name from ${of.name('things')}`),
      ];
    },
    'other objects depend on it',
  ],
};

/** What TypeORM does not compare, and what is told. */
export const unseenChanges: Readonly<
  Record<string, readonly [change: Change, note: (of: Namer) => string]>
> = {
  'adds a value in the middle of an enum': [
    (of) => [
      [of.table({ state: { type: 'enum', enum: ['a', 'c'] } })],
      [of.table({ state: { type: 'enum', enum: ['a', 'b', 'c'] } })],
    ],
    (of) => `column ${of.name('things')}.state, type ${of.name('things')}_state_enum.`,
  ],
  'changes the condition of an index that keeps its name': [
    (of) => {
      const index = of.name('index');
      const entity = TenantEntity(of.name('things'));
      return [
        [decorated(entity, Index(index, ['name'], { where: 'id > 1' }))],
        [decorated(entity, Index(index, ['name'], { where: 'id > 2' }))],
      ];
    },
    (of) => `index ${of.name('index')}.`,
  ],
  'changes a check that keeps its name': [
    (of) => [
      [of.table(NAME, { checks: [{ name: of.name('check'), expression: `name <> 'a'` }] })],
      [of.table(NAME, { checks: [{ name: of.name('check'), expression: `name <> 'b'` }] })],
    ],
    (of) => `constraint ${of.name('things')}.${of.name('check')}.`,
  ],
  'has a foreign key checked later': [
    (of) => [
      [of.child(), of.parent],
      [of.child({ deferrable: 'INITIALLY DEFERRED' }), of.parent],
    ],
    (of) => `constraint ${of.name('things')}.FK_`,
  ],
};
