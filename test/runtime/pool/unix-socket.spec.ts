import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
} from '@mt/runtime';
import { diffTenantSchema, TenantEntity } from '@mt/runtime/typeorm';
import { PrimaryColumn } from 'typeorm';
import { useTenancy } from '../../support/tenancy.js';

@TenantEntity('parcels')
class Parcel {
  @PrimaryColumn()
  id!: number;
}

const tenancy = useTenancy();
let directory: string;
let server: Server;

/** A socket where clients look for one, and the server behind it. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mt-socket-'));
  const { hostname, port } = new URL(tenancy.database.connectionString);
  server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(join(directory, '.s.PGSQL.5432'), resolve);
  });
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

/** The URLs that Cloud SQL and libpq have for it. */
function urls(): string[] {
  const { username, password, pathname } = new URL(tenancy.database.connectionString);
  const login = `${username}:${password}@`;
  return [
    `postgresql://${login}${pathname}?host=${directory}`,
    `postgres://${login}${pathname}?host=${encodeURIComponent(directory)}`,
    `postgresql://${login}${encodeURIComponent(directory)}${pathname}`,
  ];
}

it.each([0, 1, 2])('an application works over a URL of a Unix socket (%i)', async (index) => {
  const connections = new ConnectionManager({ connectionString: urls()[index] ?? '' });
  const registry = new TenantRegistry(connections);
  try {
    await registry.watch();
    const source = sqlMigrations(connections, { directory: tenancy.directory });
    const tenants = new Tenants(registry, new Migrator(connections, registry, source));
    const tenant = await tenants.create({ slug: `socket-${index}` });
    const { rows } = await runWithTenant(tenant, () =>
      connections.pool.query('insert into items (owner) values ($1) returning owner', ['me']),
    );
    expect(rows).toEqual([{ owner: 'me' }]);
  } finally {
    await registry.close();
    await connections.close();
  }
});

it.each([0, 1, 2])('and so does TypeORM’s generator (%i)', async (index) => {
  const { up } = await diffTenantSchema(urls()[index] ?? '', {
    entities: [Parcel],
    migrations: [],
  });
  expect(up).toEqual([expect.stringContaining('CREATE TABLE "$tenant"."parcels"')]);
});
