import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { transformSync } from '@swc/core';
import * as errors from './errors.js';
import { isRetryable } from './connections/statement-error.js';

type Errors = typeof errors;

/** The same code, loaded once more: as ESM beside CommonJS, or in two versions. */
function copy(): Errors {
  let loaded: Errors | undefined;
  jest.isolateModules(() => {
    loaded = jest.requireActual<Errors>('./errors.js');
  });
  return loaded as Errors;
}

const other = copy();

it('there are two of them', () => {
  expect(other.ConfigurationError).not.toBe(errors.ConfigurationError);
});

it('every class knows the errors of its kind from another copy, and no others', () => {
  const classes = Object.values(errors).filter(
    (value): value is typeof errors.ConfigurationError => typeof value === 'function',
  );
  const concrete = classes.filter((type) => (type as unknown) !== errors.TenancyError);
  expect(concrete.length).toBeGreaterThan(20);
  for (const type of concrete) {
    const known = concrete.filter((each) => make(other, type.name) instanceof each);
    expect(known).toEqual([type]);
    expect(make(other, type.name)).toBeInstanceOf(errors.TenancyError);
  }
});

/** Whatever its constructor wants: what is asked of it is what it is. */
function make(copied: Errors, name: string): unknown {
  const type = copied[name as 'ConfigurationError'];
  return new type((WANT[name] ?? 'acme') as never);
}

const WANT: Readonly<Record<string, unknown>> = {
  ForEachFailedError: { failed: [] },
  MigrationChangedError: [],
  MigrationMissingError: [],
  TenantAmbiguousError: [],
};

it('every class has its name also where a minifier has given it another', () => {
  const { code } = transformSync(readFileSync(join(__dirname, 'errors.ts'), 'utf8'), {
    jsc: {
      parser: { syntax: 'typescript' },
      target: 'es2022',
      minify: { mangle: { toplevel: true } },
    },
    module: { type: 'commonjs' },
    minify: true,
  });
  expect(code).not.toMatch(/class QueueFullError/);
  const minified: Record<string, unknown> = {};
  runInNewContext(code, { exports: minified, require: () => ({}) });
  const types = Object.entries(errors).filter(([, value]) => typeof value === 'function');
  for (const [name] of types) expect(minified[name]).toHaveProperty('name', name);
});

it('a class of an application that extends one of ours takes its own only', () => {
  class Own extends errors.ConfigurationError {}
  expect(new Own('x')).toBeInstanceOf(errors.ConfigurationError);
  expect(new Own('x')).toBeInstanceOf(Own);
  expect(new errors.ConfigurationError('x')).not.toBeInstanceOf(Own);
  expect(new other.ConfigurationError('x')).not.toBeInstanceOf(Own);
});

it.each([
  undefined,
  null,
  'CONFIGURATION_INVALID',
  {},
  { code: 'CONFIGURATION_INVALID' },
  new Error(),
])('%p is none of them', (value) => {
  expect(value).not.toBeInstanceOf(errors.TenancyError);
  expect(value).not.toBeInstanceOf(errors.ConfigurationError);
});

it('whether to try again is known of an error of another copy', () => {
  expect(isRetryable(new other.QueueFullError(1))).toBe(true);
  expect(isRetryable(new Error('wrapped', { cause: new other.QueueFullError(1) }))).toBe(true);
  expect(isRetryable(new other.StatementTimeoutError(1, undefined))).toBe(false);
});
