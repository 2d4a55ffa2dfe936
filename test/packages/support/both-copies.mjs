// Both copies of the package in one process, as where an ES module and a CommonJS library use it. Prints
// what one makes of what the other has made.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import * as esm from '@mt/runtime';
import * as esmTypeorm from '@mt/runtime/typeorm';

const require = createRequire(import.meta.url);
const cjs = require('@mt/runtime');
const cjsTypeorm = require('@mt/runtime/typeorm');

const acme = {
  id: '00000000-0000-4000-8000-000000000001',
  slug: 'acme',
  schema: 'tenant_acme',
  status: 'active',
  name: 'Acme',
  metadata: {},
  createdAt: new Date(),
};
const found = { distinct: esm.ConnectionManager !== cjs.ConnectionManager };

for (const [name, one, other] of [
  ['esm', esm, cjs],
  ['cjs', cjs, esm],
]) {
  const connections = new one.ConnectionManager({
    connectionString: 'postgres://nobody@127.0.0.1:1/nothing',
  });
  const error = await one
    .runWithTenant(acme, () => connections.pool.query('select 1'))
    .catch((reason) => reason);
  const seen = await one.runWithTenant(acme, () => other.tryCurrentTenant()?.slug);
  await connections.close();
  found[name] = {
    code: error.code,
    isError: error instanceof other.TenancyError && error instanceof other.DatabaseUnavailableError,
    isOther: error instanceof other.QueueFullError,
    retryable: other.isRetryable(error),
    tenant: seen,
  };
}

for (const [name, one, other] of [
  ['esm', esmTypeorm, cjsTypeorm],
  ['cjs', cjsTypeorm, esmTypeorm],
]) {
  class Country {
    code = '';
  }
  one.SharedEntity({ schema: 'shared' })(Country);
  const connections = new esm.ConnectionManager({
    connectionString: 'postgres://nobody@127.0.0.1:1/nothing',
    sharedSchemas: ['shared'],
  });
  const options = one.tenantDataSourceOptions(connections, { entities: [Country] });
  found[name].dataSource = new other.TenantDataSource(options) instanceof other.TenantDataSource;
  found[name].entities = other.entitiesOf({ Country, LIMIT: 3 }).length;
  await connections.close();
}
console.log(JSON.stringify(found));
