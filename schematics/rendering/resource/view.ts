import { sortImports } from '../imports';
import { isTakenVariable } from '../taken-names';
import { fieldTypeOf } from './field-types';
import { drizzleColumn, typeormColumn } from './fields';
import type { ResourceInput } from './types';

type FieldView = {
  readonly name: string;
  /** The type of the property. */
  readonly property: string;
  readonly drizzle: string;
  readonly typeorm: string;
  /** With `@`. */
  readonly validators: readonly string[];
};

/** Everything that the templates under `templates/resource` read. Decisions are made here and not there. */
export type ResourceView = {
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
  /** From `drizzle-orm/pg-core`. */
  readonly builderImports: string;
  readonly validatorImports: string;
  readonly hasUnique: boolean;
  /** Object literals for tests */
  readonly first: string;
  readonly second: string;
  readonly changes: string;
  /** Object literals that are refused, one after the other. */
  readonly refused: string;
  /** What the error of a statement without a tenant matches. */
  readonly missingTenant: string;
};

export function resourceView({ names, fields, orm }: ResourceInput): ResourceView {
  const { singular, plural } = names;
  const [firstField] = fields;
  if (!firstField) throw new Error(`The resource ${plural.kebab} has no fields`);

  const types = fields.map(fieldTypeOf);
  const decorators = fields.flatMap((field) => fieldTypeOf(field).validators(field));
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
    fields: fields.map((field) => ({
      name: field.name,
      property: fieldTypeOf(field).property,
      drizzle: drizzleColumn(field),
      typeorm: typeormColumn(field),
      validators: fieldTypeOf(field)
        .validators(field)
        .map((decorator) => `@${decorator}`),
    })),
    // The id is an integer.
    builderImports: nameList(['integer', ...types.map(({ drizzle }) => drizzle.builder)]),
    validatorImports: nameList(decorators.map((decorator) => decorator.replace(/\(.*/, ''))),
    hasUnique: fields.some((field) => field.unique),
    first: sampleObject(fields, 'First'),
    second: sampleObject(fields, 'Second'),
    changes: sampleObject([firstField], 'Changed'),
    refused: [
      '{}',
      ...fieldTypeOf(firstField)
        .refused(firstField)
        .map((literal) => `{ ${firstField.name}: ${literal} }`),
    ].join(', '),
    // Drizzle wraps what its driver throws.
    missingTenant:
      orm === 'drizzle'
        ? "{ cause: { code: 'TENANT_CONTEXT_MISSING' } }"
        : "{ code: 'TENANT_CONTEXT_MISSING' }",
  };
}

function nameList(names: readonly string[]): string {
  return [...new Set(names)].toSorted().join(', ');
}

function sampleObject(fields: ResourceInput['fields'], word: string): string {
  return `{ ${fields.map((field) => `${field.name}: ${fieldTypeOf(field).example(field, word)}`).join(', ')} }`;
}

function identifier(name: string, suffix: string, taken: readonly string[] = []): string {
  return isTakenVariable(name) || taken.includes(name) ? name + suffix : name;
}
