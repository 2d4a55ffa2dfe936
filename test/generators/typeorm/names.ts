import { TENANT_MARKER } from '@mt/runtime';
import { TenantEntity, TenantViewEntity } from '@mt/runtime/typeorm';
import {
  Column,
  DefaultNamingStrategy,
  Entity,
  EntitySchema,
  Index,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Unique,
  ViewColumn,
  type Relation,
  type Table,
} from 'typeorm';
import type { Part } from './part';

/** Names in another spelling, which are not hashes; one of them has the path of a table in it. */
class SnakeNames extends DefaultNamingStrategy {
  override tableName(className: string, customName?: string): string {
    return customName ?? snake(className);
  }

  override columnName(
    property: string,
    customName: string | undefined,
    prefixes: string[],
  ): string {
    return [...prefixes, customName ?? snake(property)].join('_');
  }

  override joinColumnName(relation: string, referenced: string): string {
    return `${snake(relation)}_${referenced}`;
  }

  override primaryKeyName(table: Table | string, columns: string[]): string {
    return short(table, [...columns, 'key']);
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return short(table, [...columns.toSorted(), 'once']);
  }

  override indexName(table: Table | string, columns: string[], where?: string): string {
    return short(table, [...columns, where === undefined ? 'idx' : 'some']);
  }

  override foreignKeyName(table: Table | string, columns: string[], path?: string): string {
    return short(table, [...columns, 'to', path ?? '']);
  }
}

function snake(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** The path of the table, with its schema, is part of the name. */
function short(table: Table | string, parts: string[]): string {
  const path = typeof table === 'string' ? table : table.name;
  return [path.slice(-20), ...parts].join('_').slice(0, 60);
}

/** Says nothing of its table: it is the tenant's. */
@Entity()
class SayingNothing {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  ownNote!: string;
}

/** Nor does this one, to which others refer. */
@Entity()
@Unique(['firstName', 'lastName'])
class PlainPerson {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @Column()
  firstName!: string;

  @Column({ name: 'last_name', unique: true })
  lastName!: string;

  @Index()
  @Column({ type: 'enum', enum: ['a', 'b'], default: 'a' })
  personKind!: string;

  @Column({ asExpression: 'upper(last_name)', generatedType: 'STORED' })
  upperName!: string;

  /** TypeORM calls it, unless it is told not to. */
  constructor(name: { first: string }) {
    this.firstName = name.first;
  }
}

@TenantEntity('Quoted Things')
class QuotedThing {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ name: 'select' })
  reserved!: string;

  @Column({ name: 'Größe' })
  unicode!: number;

  @ManyToOne(() => PlainPerson)
  person!: Relation<PlainPerson>;

  @ManyToMany(() => PlainPerson)
  @JoinTable()
  people!: PlainPerson[];
}

interface Schematic {
  code: string;
  note: string | null;
}

/** Without decorators. */
const Schematic = new EntitySchema<Schematic>({
  name: 'Schematic',
  schema: TENANT_MARKER,
  columns: {
    code: { type: 'varchar', length: 5, primary: true },
    note: { type: 'text', nullable: true },
  },
  indices: [{ columns: ['note'], where: 'note is not null' }],
});

@TenantViewEntity('person_names', {
  expression: (dataSource) =>
    dataSource.createQueryBuilder().select('person.lastName', 'name').from(PlainPerson, 'person'),
})
class PersonName {
  @ViewColumn()
  name!: string;
}

@TenantEntity('a_table_whose_name_is_so_long_that_nothing_can_be_added_to_it')
class LongName {
  @PrimaryColumn()
  id!: number;

  @Column({ type: 'enum', enum: ['a'], enumName: 'long_name_kind', default: 'a' })
  kind!: string;

  @Column({ unique: true, default: '' })
  a_column_whose_name_is_so_long_that_nothing_can_be_added_to_it!: string;
}

const prefixed = [SayingNothing, PlainPerson, QuotedThing, Schematic, PersonName];
const entities = [...prefixed, LongName];

async function use(...[manager, tenant]: Parameters<Part['use']>): Promise<void> {
  await manager.save(manager.create(SayingNothing, { ownNote: tenant }));
  expect(await manager.find(SayingNothing)).toEqual([{ id: 1, ownNote: tenant }]);
  const person = new PlainPerson({ first: 'A' });
  person.lastName = tenant;
  await manager.save(person);
  expect(person).toMatchObject({ personKind: 'a', upperName: tenant.toUpperCase() });
  await manager.save(
    manager.create(QuotedThing, { reserved: 'x', unicode: 1, person, people: [person] }),
  );
  expect(await manager.find(QuotedThing, { relations: { person: true, people: true } })).toEqual([
    expect.objectContaining({
      reserved: 'x',
      unicode: 1,
      person: expect.objectContaining({ lastName: tenant }) as object,
      people: [expect.objectContaining({ lastName: tenant })],
    }),
  ]);
  await manager.insert(Schematic, { code: 'a', note: tenant });
  expect(await manager.find(Schematic)).toEqual([{ code: 'a', note: tenant }]);
  expect(await manager.find(PersonName)).toEqual([{ name: tenant }]);
  if (!manager.dataSource.hasMetadata(LongName)) return;
  await manager.insert(LongName, { id: 1 });
  expect(await manager.find(LongName)).toMatchObject([{ kind: 'a' }]);
}

/** Under each of the options that decide names. */
export const names = {
  namingStrategy: {
    entities,
    use,
    options: { namingStrategy: new SnakeNames(), entitySkipConstructor: true },
  },
  entityPrefix: {
    entities: prefixed,
    use,
    options: { entityPrefix: 'app_', entitySkipConstructor: true },
  },
  metadataTableName: {
    entities: prefixed,
    use,
    options: {
      namingStrategy: new SnakeNames(),
      entityPrefix: 'x_',
      metadataTableName: 'generator notes',
      entitySkipConstructor: true,
      useUTC: true,
    },
  },
} satisfies Record<string, Part>;
