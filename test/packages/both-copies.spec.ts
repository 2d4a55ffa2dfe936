import { join } from 'node:path';
import { mustRun } from './support/commands';

it('the ES module and the CommonJS copy know each other’s errors, tenants and options', () => {
  const script = join(__dirname, 'support/both-copies.mjs');
  const known = {
    code: 'DATABASE_UNAVAILABLE',
    isError: true,
    isOther: false,
    retryable: true,
    tenant: 'acme',
    dataSource: true,
    entities: 1,
  };
  expect(JSON.parse(mustRun(__dirname, 'node', script))).toEqual({
    distinct: true,
    esm: known,
    cjs: known,
  });
});
