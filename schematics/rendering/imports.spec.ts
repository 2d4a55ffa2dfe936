import { importPath } from './imports';

describe('importPath', () => {
  it.each([
    ['src/app.module.ts', 'src/users/users.module.ts', './users/users.module.js'],
    ['src/database/schema.ts', 'src/users/users.table.ts', '../users/users.table.js'],
    ['src/database/migrations/index.ts', 'src/database/migrations/1-a.ts', './1-a.js'],
  ])('%s imports %s as %s', (from, to, expected) => {
    expect(importPath(from, to)).toBe(expected);
  });
});
