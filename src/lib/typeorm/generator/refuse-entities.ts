import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { SchemaDiffError } from '../../errors.js';

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
  if (column.generatedType === 'VIRTUAL') {
    return [
      'TypeORM makes a plain column of one with an expression that is virtual',
      "Set generatedType: 'STORED' beside asExpression.",
    ];
  }
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
