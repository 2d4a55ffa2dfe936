import { expectArgs, type ColumnType, type FieldType, type Kept } from './field-type';
import { int } from './numbers';
import { timestamptz } from './times';

export const created = kept(
  'created',
  'when the row was made; createdAt, kept by the application',
  { name: 'createdAt', optional: false, default: 'now', expected: 'Date', files: [] },
  timestamptz,
  { typeorm: 'CreateDateColumn' },
);

export const updated = kept(
  'updated',
  'when it was last changed; updatedAt, kept by the application',
  { name: 'updatedAt', optional: false, default: 'now', expected: 'Date', files: [] },
  timestamptz,
  { typeorm: 'UpdateDateColumn', drizzle: () => '.$onUpdate(() => sql`now()`)' },
);

export const deleted = kept(
  'deleted',
  'when it was deleted; deletedAt: a row that has it is in the table, and is not found any more',
  { name: 'deletedAt', optional: true, expected: 'null', files: [] },
  timestamptz,
  { typeorm: 'DeleteDateColumn' },
);

export const version = kept(
  'version',
  'how many times it was changed; version: the ETag of a row, which If-Match compares',
  {
    name: 'version',
    optional: false,
    default: '1',
    expected: 'Number',
    files: [
      'src/common/versioning/etag.interceptor.ts',
      'src/common/versioning/if-match.decorator.ts',
    ],
  },
  int,
  {
    typeorm: 'VersionColumn',
    drizzle: (table) => `.$onUpdate((): SQL => sql\`\${${table}.version} + 1\`)`,
  },
);

/** A column that no client writes, which is otherwise as one of another type. */
function kept(
  usage: string,
  summary: string,
  how: Kept,
  type: FieldType,
  by: { readonly typeorm: string; readonly drizzle?: (table: string) => string },
): FieldType {
  return {
    usage,
    summary,
    kept: how,
    column: (args, context): ColumnType => {
      expectArgs(args, 0);
      const column = type.column([], context);
      return {
        ...column,
        drizzle: { ...column.drizzle, ...(by.drizzle && { kept: by.drizzle }) },
        typeorm: { ...column.typeorm, decorator: by.typeorm },
        listed: how.expected === 'Date' ? ['sort'] : [],
      };
    },
  };
}
