import { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';
import { TenantRegistry } from '../registry/tenant-registry.js';
import type { MigrateOptions } from './migrate-options.js';
import { Migrator } from './migrator.js';
import type { MigrationSource } from './migration.js';

// Nothing connects before it is used.
const connections = new ConnectionManager({ connectionString: 'postgres://localhost/nowhere' });
const registry = new TenantRegistry(connections);
const source: MigrationSource = {
  load: () => Promise.reject(new Error('It was taken.')),
  transaction: () => Promise.reject(new Error('It was taken.')),
};

it.each([NaN, 0, -1, 1.5, Infinity, '4', null])(
  'a run is not over %p tenants at a time',
  async (value) => {
    const concurrency = value as number;
    expect(() => new Migrator(connections, registry, source, { concurrency })).toThrow(
      ConfigurationError,
    );
    const migrator = new Migrator(connections, registry, source);
    await expect(migrator.migrate({ concurrency })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('concurrency') as string,
      remedy: 'Set it to a whole number from 1 to 2147483647.',
    });
  },
);

it.each<[string, unknown]>([
  ['continueOnError', 'false'],
  ['continueOnError', 1],
  ['continueOnError', null],
  ['signal', {}],
  ['signal', null],
  ['signal', new AbortController()],
  ['onProgress', 'log'],
  ['onWait', null],
  ['acceptChanged', '0001_a'],
  ['acceptChanged', [1]],
  ['acceptMissing', { '0001_a': true }],
  ['acceptMissing', null],
  ['acceptRenamed', ['0001_a']],
  ['acceptRenamed', { '0001_a': 1 }],
  ['acceptRenamed', null],
  ['continueOnErrors', true],
  ['acceptchanged', ['0001_a']],
])('the option %s is not %j', async (option, value) => {
  const migrator = new Migrator(connections, registry, source);
  const options = { [option]: value } as MigrateOptions;
  await expect(migrator.migrate(options)).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringContaining(option) as string,
    remedy: expect.any(String) as string,
  });
});

it('undefined is the default of each', async () => {
  const migrator = new Migrator(connections, registry, source, { concurrency: undefined });
  const options = { concurrency: undefined, continueOnError: undefined, signal: undefined };
  await expect(
    migrator.migrate({ ...options, onProgress: undefined, acceptChanged: undefined }),
  ).rejects.toThrow('It was taken.');
});
