import { resourceNames } from '../../names';
import { parseFields } from '../grammar';
import { alteredSnapshot, tableSnapshot } from './drizzle-snapshot';

const names = resourceNames('invoices');
const [number, status] = parseFields('number:int status:text', 'fields');
if (!number || !status) throw new Error('There are two fields');

/** With an index, a constraint and a key of the team's own. */
const TABLE = {
  ...tableSnapshot(names, [number, status]),
  indexes: {
    both: {
      name: 'both',
      columns: [{ expression: 'number', asc: true }, { expression: 'status' }],
    },
    other: { name: 'other', columns: [{ expression: 'status' }] },
  },
  uniqueConstraints: { own: { name: 'own', columns: ['number', 'status'] } },
  foreignKeys: { key: { name: 'key', columnsFrom: ['number'], columnsTo: ['number'] } },
};

it('follows a renamed column in what the team has made of it', () => {
  const renamed = { before: number, after: { ...number, name: 'code' } };
  const after = alteredSnapshot(TABLE, names, [renamed]);
  expect(Object.keys(after.columns)).toEqual(['id', 'code', 'status']);
  expect(after.indexes).toEqual({
    both: { name: 'both', columns: [{ expression: 'code', asc: true }, { expression: 'status' }] },
    other: TABLE.indexes.other,
  });
  expect(after.uniqueConstraints).toEqual({ own: { name: 'own', columns: ['code', 'status'] } });
  // The other table has not changed.
  expect(after.foreignKeys).toEqual({
    key: { name: 'key', columnsFrom: ['code'], columnsTo: ['number'] },
  });
});

it('has nothing left of a dropped column, as PostgreSQL has nothing', () => {
  const after = alteredSnapshot(TABLE, names, [{ before: number }]);
  expect(Object.keys(after.columns)).toEqual(['id', 'status']);
  expect(after.indexes).toEqual({ other: TABLE.indexes.other });
  expect(after.uniqueConstraints).toEqual({});
  expect(after.foreignKeys).toEqual({});
});
