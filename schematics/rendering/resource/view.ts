import { sortImports } from '../imports';
import { isTakenVariable } from '../taken-names';
import { type DtoView, dtoView, propertySources } from './dto-view';
import { drizzleColumn, drizzleExtras, tableVariable } from './drizzle-column';
import type { ResourceField } from './field';
import { columnTypeOf, sentFields } from './column-type';
import { type KeptView, keptView } from './kept-view';
import { type ListView, listView } from './list-view';
import { namedImport, type Source } from './local-import';
import { type SampleView, sampleView } from './sample-view';
import { isCircular, referenceOf, type Target, type Targets, targetOf } from './targets';
import { type EntityMember, entityMembers, typeormChecks } from './typeorm-column';
import type { ResourceInput } from './types';
import { valueTypes, type ValuesView } from './value-types';

type FieldView = {
  readonly name: string;
  readonly drizzle: string;
  readonly members: readonly EntityMember[];
};

/** Everything that the templates under `templates/resource` read. Decisions are made here and not there. */
export type ResourceView = DtoView &
  KeptView &
  ListView &
  SampleView & {
    /** `invoices`: folder, files and route */
    readonly plural: string;
    /** `invoice`: files */
    readonly singular: string;
    /** `Invoices`, before `Service`, `Module` and so on */
    readonly entities: string;
    /** `Invoice`: the type of a row */
    readonly entity: string;
    /** Where the type comes from, without an ending. */
    readonly entityFile: string;
    /** The controller's, in the order of their paths. */
    readonly localImports: readonly string[];
    /** Drizzle's table */
    readonly table: string;
    readonly tableName: string;
    /** A variable that holds a row. */
    readonly row: string;
    /** What the controller calls its service, and a TypeORM service its repository. */
    readonly property: string;
    /** Begins a message: `Purchase order` */
    readonly title: string;
    readonly fields: readonly FieldView[];
    /** Of Drizzle's table, in the order of what they import from. */
    readonly tableImports: readonly string[];
    /** What the table has beside its columns. */
    readonly extras: readonly string[];
    /** Of TypeORM's entity. */
    readonly entityImports: readonly string[];
    /** Decorators of the entity, with `@`. */
    readonly checks: readonly string[];
    /** Of the test of the service, beside those of packages. */
    readonly specImports: readonly string[];
    /** Types of fields that are files of their own. */
    readonly valueTypes: readonly ValuesView[];
    /** What the error of a statement without a tenant matches. */
    readonly missingTenant: string;
  };

export function resourceView(input: ResourceInput): ResourceView {
  const { names, fields, orm } = input;
  const { singular, plural } = names;
  if (sentFields(fields).length === 0)
    throw new Error(`The resource ${plural.kebab} has no fields`);

  const table = tableVariable(names);
  const folder = `src/${plural.kebab}`;
  const targets: Targets = new Map([
    ...(input.targets ?? []),
    [plural.kebab, { names, fields, folder }],
  ]);
  const sent = sentFields(fields);
  const samples = sampleView(names, sent, targets);
  const entityFile = orm === 'drizzle' ? `${plural.kebab}.table` : `${singular.kebab}.entity`;
  return {
    plural: plural.kebab,
    singular: singular.kebab,
    entities: plural.pascal,
    entity: singular.pascal,
    entityFile,
    localImports: sortImports([
      `import type { ${singular.pascal} } from './${entityFile}.js';`,
      `import { ${plural.pascal}Service } from './${plural.kebab}.service.js';`,
    ]),
    table,
    tableName: plural.snake,
    // A word without a plural would shadow its table.
    row: identifier(singular.camel, 'Row', [table]),
    property: identifier(plural.camel, orm === 'drizzle' ? 'Service' : 'Repository'),
    title: singular.words.charAt(0).toUpperCase() + singular.words.slice(1),
    ...dtoView(names, sent),
    ...listView(names, fields),
    ...keptView(orm, table, fields),
    ...samples,
    ...(orm === 'drizzle'
      ? drizzleView(names, fields, targets)
      : typeormView(names, fields, targets)),
    fields: fields.map((field) => ({
      name: field.name,
      drizzle: drizzleColumn(names, field, targets),
      members: entityMembers(names, field, targets),
    })),
    valueTypes: valueTypes(names, fields),
    specImports: namedImport(`${folder}/${plural.kebab}.spec.ts`, [
      { names: ['createApp', 'createTenant'], from: 'test/support/app.ts' },
      {
        names: [`type Create${singular.pascal}Dto`],
        from: `${folder}/dto/create-${singular.kebab}.dto.ts`,
      },
      {
        names: [`type Update${singular.pascal}Dto`],
        from: `${folder}/dto/update-${singular.kebab}.dto.ts`,
      },
      { names: [`${plural.pascal}Service`], from: `${folder}/${plural.kebab}.service.ts` },
      ...samples.parents.map(({ service, file }) => ({ names: [service], from: file })),
    ]),
    // Drizzle wraps what its driver throws.
    missingTenant:
      orm === 'drizzle'
        ? "{ cause: { code: 'TENANT_CONTEXT_MISSING' } }"
        : "{ code: 'TENANT_CONTEXT_MISSING' }",
  };
}

type OrmView = Pick<ResourceView, 'tableImports' | 'extras' | 'entityImports' | 'checks'>;

function drizzleView(
  names: ResourceInput['names'],
  fields: readonly ResourceField[],
  targets: Targets,
): OrmView {
  const extras = fields.flatMap((field) => drizzleExtras(names, field, targets));
  const columns = fields.map((field) => columnTypeOf(field, names).drizzle);
  const isUsed = (builder: string): boolean =>
    extras.some((line) => line.startsWith(`${builder}(`));
  const isSql = isUsed('check') || columns.some(({ kept }) => kept !== undefined);
  const isVersioned = fields.some(({ type }) => type === 'version');
  const builders = [
    // The id is an integer.
    'integer',
    ...columns.filter(({ from }) => from === undefined).map(({ builder }) => builder),
    ...['check', 'foreignKey', 'index'].filter(isUsed),
    ...(fields.some((field) => isCircular(names.plural.kebab, field, targets))
      ? ['type AnyPgColumn']
      : []),
  ];
  const sources: Source[] = [
    { names: ['tenantSchema'], from: '@mt/runtime/drizzle' },
    {
      names: [...(isSql ? ['sql'] : []), ...(isVersioned ? ['type SQL'] : [])],
      from: 'drizzle-orm',
    },
    { names: builders, from: 'drizzle-orm/pg-core' },
    ...propertySources(names, fields),
    ...columns.map(({ builder, from }) => ({ names: from ? [builder] : [], from: from ?? '' })),
    ...valueTypes(names, fields).map(({ values, path }) => ({ names: [values], from: path })),
    ...otherTargets(names, fields, targets).map(({ names: { plural }, names: of, folder }) => ({
      names: [tableVariable(of)],
      from: `${folder}/${plural.kebab}.table.ts`,
    })),
  ];
  return { tableImports: importsOf(names, sources), extras, entityImports: [], checks: [] };
}

function typeormView(
  names: ResourceInput['names'],
  fields: readonly ResourceField[],
  targets: Targets,
): OrmView {
  const checks = fields.flatMap((field) => typeormChecks(names, field));
  const transformers = fields.flatMap((field) => columnTypeOf(field).typeorm.transformer ?? []);
  const decorators = [
    ...fields.map((field) => columnTypeOf(field).typeorm.decorator ?? 'Column'),
    'PrimaryGeneratedColumn',
    ...(fields.some(({ index }) => index) ? ['Index'] : []),
    ...(checks.length > 0 ? ['Check'] : []),
    ...(fields.some(referenceOf) ? ['JoinColumn', 'ManyToOne', 'type Relation'] : []),
  ];
  const sources: Source[] = [
    { names: ['TenantEntity'], from: '@mt/runtime/typeorm' },
    { names: decorators, from: 'typeorm' },
    ...propertySources(names, fields),
    ...transformers.map(({ name, from }) => ({ names: [name], from })),
    ...valueTypes(names, fields).map(({ type, path }) => ({ names: [`type ${type}`], from: path })),
    ...otherTargets(names, fields, targets).map(({ names: { singular }, folder }) => ({
      names: [singular.pascal],
      from: `${folder}/${singular.kebab}.entity.ts`,
    })),
  ];
  return { tableImports: [], extras: [], entityImports: importsOf(names, sources), checks };
}

function importsOf({ plural }: ResourceInput['names'], sources: readonly Source[]): string[] {
  return namedImport(`src/${plural.kebab}/${plural.kebab}.ts`, sources);
}

/** What fields refer to in other files. */
function otherTargets(
  names: ResourceInput['names'],
  fields: readonly ResourceField[],
  targets: Targets,
): readonly Target[] {
  const found = fields.flatMap((field) => referenceOf(field)?.target ?? []);
  return [...new Set(found)]
    .filter((target) => target !== names.plural.kebab)
    .map((target) => targetOf(targets, target));
}

function identifier(name: string, suffix: string, taken: readonly string[] = []): string {
  return isTakenVariable(name) || taken.includes(name) ? name + suffix : name;
}
