// Who is compared, and with which settings. Nothing here is tuned: the settings are the defaults of
// each package, or what its documentation recommends for this server.

const ours =
  'middleware looks the tenant up in the registry (cached for 5 s) and runs the request as that tenant; singleton controller and service; one pool of 10 connections (default)';

export const contestants = [
  {
    name: 'mt-runtime/drizzle',
    module: 'mt-runtime',
    settings: { orm: 'drizzle' },
    does: `${ours}; Drizzle`,
  },
  {
    name: 'mt-runtime/typeorm',
    module: 'mt-runtime',
    settings: { orm: 'typeorm' },
    does: `${ours}; one TypeORM DataSource`,
  },
  {
    name: 'drizzle-multitenant',
    module: 'drizzle-multitenant',
    settings: {},
    comparedWith: 'mt-runtime/drizzle',
    does: 'TenantModule.forRoot (global) with @InjectTenantDb in a request-scoped service; does not look the tenant up; defaults: 50 pools (LRU) of 10 connections, search path set when connecting',
  },
  {
    name: 'drizzle-multitenant/sized',
    module: 'drizzle-multitenant',
    settings: { maxPools: 80, poolConfig: { max: 2, idleTimeoutMillis: 30_000 } },
    comparedWith: 'mt-runtime/drizzle',
    does: 'the same with what its performance guide calculates for max_connections = 100: 80 pools of 2 connections',
  },
  {
    name: 'nestjs-multitenant/drizzle',
    module: 'nestjs-multitenant',
    settings: { orm: 'drizzle' },
    comparedWith: 'mt-runtime/drizzle',
    does: 'MultiTenantModule.forRoot with @InjectTenantDb; looks the tenant up twice per request in its table of tenants; defaults: a pool of 20 for each connection it makes, 10 for its own table',
  },
  {
    name: 'nestjs-multitenant/typeorm',
    module: 'nestjs-multitenant',
    settings: { orm: 'typeorm' },
    comparedWith: 'mt-runtime/typeorm',
    does: 'MultiTenantModule.forRoot with @InjectTenantRepository; looks the tenant up twice per request in its table of tenants; defaults: a DataSource (pool of 10) for each connection it makes, synchronize off',
  },
];

/** The pairs of a contestant and ours with the same ORM, of which either is chosen by its name. */
export function pairs(isChosen) {
  return contestants
    .filter(({ comparedWith }) => comparedWith)
    .map((theirs) => [theirs, contestants.find(({ name }) => name === theirs.comparedWith)])
    .filter((pair) => pair.some(({ name }) => isChosen(name)));
}
