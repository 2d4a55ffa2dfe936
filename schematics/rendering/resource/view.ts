import { sortImports } from '../imports';
import { isTakenVariable } from '../taken-names';
import { type DtoView, dtoView, propertySources } from './dto-view';
import { drizzleColumn, drizzleExtras } from './drizzle-column';
import type { ResourceField } from './field';
import { columnTypeOf } from './column-type';
import { namedImport, type Source } from './local-import';
import { type SampleView, sampleView } from './sample-view';
import { typeormChecks, typeormDecorators } from './typeorm-column';
import type { ResourceInput } from './types';
import { valueTypes, type ValuesView } from './value-types';

type FieldView = {
  readonly name: string;
  /** The type of the property of a row. */
  readonly property: string;
  readonly drizzle: string;
  /** With `@`. */
  readonly decorators: readonly string[];
};

/** Everything that the templates under `templates/resource` read. Decisions are made here and not there. */
export type ResourceView = DtoView &
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
    /** Types of fields that are files of their own. */
    readonly valueTypes: readonly ValuesView[];
    /** What the error of a statement without a tenant matches. */
    readonly missingTenant: string;
  };

export function resourceView({ names, fields, orm }: ResourceInput): ResourceView {
  const { singular, plural } = names;
  if (fields.length === 0) throw new Error(`The resource ${plural.kebab} has no fields`);

  const table = identifier(plural.camel, 'Table');
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
    ...dtoView(names, fields),
    ...sampleView(fields),
    ...(orm === 'drizzle' ? drizzleView(names, fields) : typeormView(names, fields)),
    fields: fields.map((field) => ({
      name: field.name,
      property: rowProperty(names, field),
      drizzle: drizzleColumn(names, field),
      decorators: typeormDecorators(field),
    })),
    valueTypes: valueTypes(names, fields),
    // Drizzle wraps what its driver throws.
    missingTenant:
      orm === 'drizzle'
        ? "{ cause: { code: 'TENANT_CONTEXT_MISSING' } }"
        : "{ code: 'TENANT_CONTEXT_MISSING' }",
  };
}

type OrmView = Pick<ResourceView, 'tableImports' | 'extras' | 'entityImports' | 'checks'>;

function drizzleView(names: ResourceInput['names'], fields: readonly ResourceField[]): OrmView {
  const extras = fields.flatMap((field) => drizzleExtras(names, field));
  const columns = fields.map((field) => columnTypeOf(field, names).drizzle);
  const isUsed = (builder: string): boolean =>
    extras.some((line) => line.startsWith(`${builder}(`));
  const builders = [
    // The id is an integer.
    'integer',
    ...columns.filter(({ from }) => from === undefined).map(({ builder }) => builder),
    ...['check', 'index'].filter(isUsed),
  ];
  const sources: Source[] = [
    { names: ['tenantSchema'], from: '@mt/runtime/drizzle' },
    { names: isUsed('check') ? ['sql'] : [], from: 'drizzle-orm' },
    { names: builders, from: 'drizzle-orm/pg-core' },
    ...propertySources(names, fields),
    ...columns.map(({ builder, from }) => ({ names: from ? [builder] : [], from: from ?? '' })),
    ...valueTypes(names, fields).map(({ values, path }) => ({ names: [values], from: path })),
  ];
  return { tableImports: importsOf(names, sources), extras, entityImports: [], checks: [] };
}

function typeormView(names: ResourceInput['names'], fields: readonly ResourceField[]): OrmView {
  const checks = fields.flatMap((field) => typeormChecks(names, field));
  const transformers = fields.flatMap((field) => columnTypeOf(field).typeorm.transformer ?? []);
  const decorators = [
    'Column',
    'PrimaryGeneratedColumn',
    ...(fields.some(({ index }) => index) ? ['Index'] : []),
    ...(checks.length > 0 ? ['Check'] : []),
  ];
  const sources: Source[] = [
    { names: ['TenantEntity'], from: '@mt/runtime/typeorm' },
    { names: decorators, from: 'typeorm' },
    ...propertySources(names, fields),
    ...transformers.map(({ name, from }) => ({ names: [name], from })),
    ...valueTypes(names, fields).map(({ type, path }) => ({ names: [`type ${type}`], from: path })),
  ];
  return { tableImports: [], extras: [], entityImports: importsOf(names, sources), checks };
}

function importsOf({ plural }: ResourceInput['names'], sources: readonly Source[]): string[] {
  return namedImport(`src/${plural.kebab}/${plural.kebab}.ts`, sources);
}

function rowProperty(names: ResourceInput['names'], field: ResourceField): string {
  const { property } = columnTypeOf(field, names);
  return `${property}${field.array ? '[]' : ''}${field.optional ? ' | null' : ''}`;
}

function identifier(name: string, suffix: string, taken: readonly string[] = []): string {
  return isTakenVariable(name) || taken.includes(name) ? name + suffix : name;
}
