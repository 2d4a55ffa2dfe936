'use strict';

/** Sources run as they are: `./x.js` in an import means `./x.ts`, and @mt/runtime means src/lib. */
const base = {
  transform: {
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    '^@mt/runtime$': '<rootDir>/src/lib/index.ts',
    '^@mt/runtime/(drizzle|typeorm|kysely|rxjs|embedded)$': '<rootDir>/src/lib/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
  modulePathIgnorePatterns: [
    '<rootDir>/((src|cli)/)?dist/',
    '<rootDir>/packages/',
    '<rootDir>/templates/',
    '<rootDir>/.tmp/templates/',
  ],
};

module.exports = {
  // Child processes and PostgreSQL servers use the second core.
  maxWorkers: 2,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{cli,schematics,src}/**/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/scripts/jest/unit.cjs'],
    },
    {
      ...base,
      displayName: 'whole',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
      setupFilesAfterEnv: ['<rootDir>/scripts/jest/whole.cjs'],
    },
  ],
};
