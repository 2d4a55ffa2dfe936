import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { SchemaDiffError } from '../../errors.js';
import { MAX_IDENTIFIER_BYTES } from '../../sql/identifier.js';
import { lex } from '../../sql/lexer.js';

/**
 * What TypeORM makes something of without a word, on PostgreSQL, and cannot write afterwards.
 *
 * @throws SchemaDiffError that names the property
 */
export function refuseEntities(entities: readonly EntityMetadata[]): void {
  for (const { name, columns } of entities) {
    for (const column of columns) {
      const refusal = refusalOf(column);
      if (!refusal) continue;
      const [reason, remedy] = refusal;
      throw new SchemaDiffError(`${name}.${column.propertyName}: ${reason}.`, { remedy });
    }
  }
}

function refusalOf(column: ColumnMetadata): [reason: string, remedy: string] | undefined {
  if (column.isArray && (column.type === 'json' || column.type === 'jsonb')) {
    return [
      'TypeORM writes an array of JSON as one JSON text, which PostgreSQL refuses',
      'Remove `array`: a JSON value may be an array itself.',
    ];
  }
  if (column.isTreeLevel && column.entityMetadata.treeType === 'closure-table') {
    return [
      'TypeORM makes a level in the table of closures and does not write it',
      'Remove @TreeLevelColumn(), or choose another kind of tree.',
    ];
  }
  return undefined;
}

/**
 * PostgreSQL cuts them short without an error, and TypeORM does not find them again.
 *
 * @throws SchemaDiffError that gives the name
 */
export function refuseLongNames(statement: string): void {
  for (const name of lex(statement).statements.flatMap(({ words }) => words)) {
    // A quoted name is as it is written, with its quotes.
    if (!name.startsWith('"') || Buffer.byteLength(name) - 2 <= MAX_IDENTIFIER_BYTES) continue;
    throw new SchemaDiffError(
      `A name is longer than the ${MAX_IDENTIFIER_BYTES} bytes that PostgreSQL has for it: ${name}.`,
      { remedy: 'Give it a shorter one in the entity, or by the naming strategy.' },
    );
  }
}

/**
 * Extensions live in no tenant's schema, and in no other are their types found.
 *
 * @param required those that have the types of columns, where tenants share no schema
 * @throws SchemaDiffError that gives them
 */
export function refuseExtensions(required: readonly string[]): void {
  if (required.length === 0) return;
  throw new SchemaDiffError(
    `Entities have types of extensions, which tenants do not find: ${required.join(', ')}.`,
    {
      remedy:
        'Name the schema that the extensions are in under sharedSchemas, of the connection manager and here.',
    },
  );
}
