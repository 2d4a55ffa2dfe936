import 'reflect-metadata';
import { ConfigurationError, runWithTenant } from '@mt/runtime';
import {
  createTenantDataSource,
  TenantDataSource,
  tenantDataSourceOptions,
  type TenantDataSourceOptions,
} from '@mt/runtime/typeorm';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy({ max: 2 });

describe('options of TypeORM that could not be heeded', () => {
  it.each<[string, TenantDataSourceOptions]>([
    ['applicationName', { applicationName: 'billing' }],
    ['cache', { cache: true }],
    ['connectTimeoutMS', { connectTimeoutMS: 5 }],
    ['database', { database: 'other' }],
    ['driver', { driver: {} }],
    ['extra', { extra: { max: 5 } }],
    ['host', { host: 'elsewhere' }],
    ['installExtensions', { installExtensions: true }],
    ['logNotifications', { logNotifications: true }],
    ['nativeDriver', { nativeDriver: {} }],
    ['password', { password: 'secret' }],
    ['poolErrorHandler', { poolErrorHandler: () => undefined }],
    ['poolSize', { poolSize: 5 }],
    ['port', { port: 5433 }],
    ['ssl', { ssl: true }],
    ['url', { url: 'postgres://elsewhere/x' }],
    ['username', { username: 'somebody' }],
  ])('are refused: %s', (option, options) => {
    expect(() => createTenantDataSource(tenancy.connections, options)).toThrow(ConfigurationError);
    expect(() => createTenantDataSource(tenancy.connections, options)).toThrow(
      `TypeORM’s option ${option} cannot be used with tenants.`,
    );
  });

  it('are refused as well where they are put beside those that were made here', () => {
    const options = { ...tenantDataSourceOptions(tenancy.connections), cache: true };
    expect(() => new TenantDataSource(options)).toThrow(ConfigurationError);
    const dataSource = createTenantDataSource(tenancy.connections);
    expect(() => dataSource.setOptions({ cache: true })).toThrow(ConfigurationError);
    expect(dataSource.setOptions({ maxQueryExecutionTime: 5 })).toBe(dataSource);
  });

  it('are let pass where they are switched off', () => {
    const options = { synchronize: false, migrationsRun: false, cache: false, ssl: false };
    expect(() =>
      createTenantDataSource(tenancy.connections, { ...options, installExtensions: false }),
    ).not.toThrow();
  });
});

it('a DataSource leaves nothing on the pool when it is destroyed, however many there were', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  const acme = await tenancy.tenants.create({ slug: 'acme' });
  for (let i = 0; i < 15; i++) {
    const dataSource = await createTenantDataSource(tenancy.connections).initialize();
    await runWithTenant(acme, () => dataSource.query('select from items'));
    await dataSource.destroy();
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  expect(tenancy.connections.pool.eventNames()).toEqual([]);
  // It is still there for others.
  await runWithTenant(acme, () => tenancy.connections.pool.query('select from items'));
});

it('options of another copy of the package are known', () => {
  let copy: { tenantDataSourceOptions: typeof tenantDataSourceOptions } | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual('@mt/runtime/typeorm');
  });
  expect(copy?.tenantDataSourceOptions).not.toBe(tenantDataSourceOptions);
  const options = copy?.tenantDataSourceOptions(tenancy.connections);
  expect(() => new TenantDataSource(options)).not.toThrow();
  expect(() => new TenantDataSource({ type: 'postgres', driver: {} })).toThrow(ConfigurationError);
});
