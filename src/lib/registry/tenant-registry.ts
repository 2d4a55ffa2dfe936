import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../connections/options.js';
import { outsideContext } from '../context.js';
import {
  ConfigurationError,
  ConnectionLostError,
  TenantExistsError,
  TenantNotActiveError,
  TenantNotFoundError,
  type RegistryWatchLostError,
} from '../errors.js';
import type { SqlSession } from '../connections/sql-session.js';
import { isFunction, refuseUnknown, unfit, whole } from '../option-checks.js';
import { roleNameFor } from '../roles/role-name.js';
import { DEFAULT_SCHEMA_PREFIX, parseSchemaPrefix, schemaNameFor } from '../tenant/schema-name.js';
import { parseTenantSlug } from '../tenant/slug.js';
import { TENANT_STATUSES, type Tenant, type TenantStatus } from '../tenant/tenant.js';
import { ControlDatabase } from './control-database.js';
import { checkControlSchema, createControlSchema } from './control-schema.js';
import { controlTables, DEFAULT_CONTROL_SCHEMA, type ControlTables } from './control-tables.js';
import { TenantCache } from './tenant-cache.js';
import { TenantChanges } from './tenant-changes.js';
import { toTenant, type TenantRow } from './tenant-row.js';

export interface TenantRegistryOptions {
  /** Schema of the registry and the ledger. Default `tenancy`. */
  controlSchema?: string;
  /** Prefix of the schemas of new tenants. Default `tenant_`. */
  schemaPrefix?: string;
  /** Most tenants kept in memory. Default 10,000. */
  cacheSize?: number;
  /** How long a look-up is believed, in milliseconds. Default 5,000; 0 asks every time. */
  cacheTtlMs?: number;
  /** How often {@link TenantRegistry.watch} asks whether its connection lives, in milliseconds. Default 30,000. */
  watchHeartbeatMs?: number;
  /** How long connecting, and each answer on that connection, may take, in milliseconds. Default 5,000. */
  watchTimeoutMs?: number;
  /**
   * Told when changes by other processes are no longer seen at once, and why: once for each outage,
   * and again where its reason becomes another. Default: a warning of the process.
   */
  onWatchLost?: (error: RegistryWatchLostError | ConfigurationError) => unknown;
}

const KNOWN = {
  cacheSize: true,
  cacheTtlMs: true,
  controlSchema: true,
  onWatchLost: true,
  schemaPrefix: true,
  watchHeartbeatMs: true,
  watchTimeoutMs: true,
} satisfies Record<keyof TenantRegistryOptions, true>;

export interface ListTenantsOptions {
  /** Only tenants whose slug sorts behind this one: the last of the page before. */
  after?: string;
  /** Most tenants returned. Default 100. */
  limit?: number;
  status?: TenantStatus;
}

export interface AllTenantsOptions {
  status?: TenantStatus;
  /** Tenants asked for at once. Default 100. */
  pageSize?: number;
}

export interface NewTenant {
  readonly slug: string;
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly placement?: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Knows the tenants. They live in one table in the control schema; look-ups by slug are cached.
 */
export class TenantRegistry {
  readonly tables: ControlTables;
  /** The database that all of this is in. */
  readonly control: ControlDatabase;
  /** The name of the schema that holds the registry and the ledger. */
  readonly controlSchema: string;
  readonly #connections: ConnectionManager;
  readonly #schemaPrefix: string;
  readonly #cache: TenantCache;
  readonly #changes: TenantChanges;

  /** @throws ConfigurationError */
  constructor(connections: ConnectionManager, options: TenantRegistryOptions = {}) {
    refuseUnknown('', options, KNOWN);
    const {
      cacheSize = 10_000,
      cacheTtlMs = 5_000,
      watchHeartbeatMs = 30_000,
      watchTimeoutMs = 5_000,
      onWatchLost = warn,
    } = options;
    isFunction('onWatchLost', onWatchLost);
    this.#connections = connections;
    this.#schemaPrefix = parseSchemaPrefix(options.schemaPrefix ?? DEFAULT_SCHEMA_PREFIX);
    this.controlSchema = options.controlSchema ?? DEFAULT_CONTROL_SCHEMA;
    this.tables = controlTables(this.controlSchema, this.#schemaPrefix);
    this.control = new ControlDatabase(connections, this.tables);
    refuseSharing(connections.sharedSchemas, this.controlSchema, this.#schemaPrefix);
    this.#cache = new TenantCache(
      whole('cacheSize', cacheSize, 1),
      whole('cacheTtlMs', cacheTtlMs, 0),
    );
    this.#changes = new TenantChanges(this.control, this.#cache, {
      heartbeatMs: whole('watchHeartbeatMs', watchHeartbeatMs, 1),
      timeoutMs: whole('watchTimeoutMs', watchTimeoutMs, 1),
      onLost: onWatchLost,
    });
  }

  /**
   * Creates the control schema where it is missing, and brings one of an earlier version up to date.
   * Safe from several processes at once.
   *
   * @throws ConfigurationError where it is missing and this process may not create it, and where a newer
   *   version has changed it so that this one must not work with it
   */
  async setup(): Promise<void> {
    // A process without the admin login finds everything made, or says that it is not.
    if (this.control.hasAdmin) await createControlSchema(this.control);
    else {
      await this.list({ limit: 1 });
      await checkControlSchema(this.control);
    }
  }

  /**
   * From now on a change that another process makes takes effect here at once, whoever makes it and
   * however: a suspended tenant is refused by the next look-up. Without it, and while the connection
   * for it is lost, that takes up to `cacheTtlMs`.
   *
   * Listens on a connection of its own. Resolves when that works, or when the first attempt has
   * failed: an application starts without it. `onWatchLost` is told, {@link watching} is false, and
   * it is tried again until {@link close}. May be called more than once.
   *
   * @example
   * ```ts
   * const registry = new TenantRegistry(connections);
   * await registry.setup();
   * await registry.watch();
   * // …
   * await registry.close();
   * await connections.close();
   * ```
   * @throws ConfigurationError after {@link close}
   */
  watch(): Promise<void> {
    return this.#changes.start();
  }

  /** Whether changes by other processes take effect here at once right now. For health checks. */
  get watching(): boolean {
    return this.#changes.isWatching;
  }

  /**
   * Ends what {@link watch} began, also while it starts, and waits until its connection is closed.
   * Look-ups go on. Call it before the connections are closed. May be called more than once.
   */
  close(): Promise<void> {
    return this.#changes.close();
  }

  /**
   * @returns undefined where no tenant has this slug
   * @throws InvalidTenantSlugError
   */
  async find(slug: string): Promise<Tenant | undefined> {
    const name = parseTenantSlug(slug);
    for (let looks = 1; ; looks++) {
      const { changes } = this.#cache;
      const tenant = await this.#cache.find(name, (it) => this.#one('slug = $1', [it]));
      // What a change overtook may be what was before it.
      if (changes === this.#cache.changes || looks === MOST_LOOKS) return tenant;
    }
  }

  /** @throws TenantNotFoundError, InvalidTenantSlugError */
  async get(slug: string): Promise<Tenant> {
    const tenant = await this.find(slug);
    if (!tenant) throw new TenantNotFoundError(slug);
    return tenant;
  }

  /**
   * What a request needs: the tenant, if it may be served.
   *
   * @throws TenantNotFoundError, TenantNotActiveError, InvalidTenantSlugError
   */
  async getActive(slug: string): Promise<Tenant> {
    return served(await this.get(slug));
  }

  /**
   * The same without waiting, where it is cached: for code that runs with every request, and would
   * make promises for nothing.
   *
   * @returns undefined for whatever {@link getActive} has to look up or refuse
   * @example
   * ```ts
   * const tenant = registry.getActiveIfCached(slug) ?? (await registry.getActive(slug));
   * ```
   */
  getActiveIfCached(slug: string): Tenant | undefined {
    const tenant = this.#cache.peek(slug);
    return tenant?.status === 'active' ? tenant : undefined;
  }

  /**
   * The same for a job or a token, which knows the tenant by its id.
   *
   * @throws TenantNotFoundError, TenantNotActiveError
   */
  async getActiveById(id: string): Promise<Tenant> {
    return served(await this.getById(id));
  }

  /**
   * The tenant in whatever state it is; {@link getActiveById} where it is to be served.
   *
   * @throws TenantNotFoundError
   */
  async getById(id: string): Promise<Tenant> {
    const tenant = UUID.test(id) ? await this.#one('id = $1', [id]) : undefined;
    if (!tenant) throw new TenantNotFoundError(id);
    return tenant;
  }

  /**
   * A page of tenants in the order of their slugs.
   *
   * @throws ConfigurationError for a limit or a status that there cannot be
   */
  async list({ after = '', status, limit = 100 }: ListTenantsOptions = {}): Promise<Tenant[]> {
    whole('limit', limit, 1);
    if (status !== undefined && !TENANT_STATUSES.includes(status)) {
      throw unfit('status', status, `Set it to one of ${TENANT_STATUSES.join(', ')}.`);
    }
    const { rows } = await this.#query<TenantRow>(
      `select * from ${this.tables.tenants}
       where slug > $1 and ($2::text is null or status = $2)
       order by slug limit $3`,
      [after, status ?? null, limit],
    );
    return rows.map(toTenant);
  }

  /**
   * All tenants in the order of their slugs, page by page. A tenant that is there all the while comes
   * once, whoever is created or removed meanwhile. It asks outside of any tenant's context.
   *
   * @example
   * ```ts
   * for await (const tenant of registry.all({ status: 'active' })) console.log(tenant.slug);
   * ```
   * @throws ConfigurationError for a size or a status that there cannot be
   */
  async *all(options: AllTenantsOptions = {}): AsyncGenerator<Tenant, void, undefined> {
    refuseUnknown('', options, { pageSize: true, status: true });
    const { status, pageSize = 100 } = options;
    const limit = whole('pageSize', pageSize, 1);
    const next = (after: string): Promise<Tenant[]> =>
      outsideContext(() => this.list({ after, limit, ...(status && { status }) }));
    let page = await next('');
    while (page.length > 0) {
      yield* page;
      page = await next(page.at(-1)?.slug ?? '');
    }
  }

  /** Some active tenants of a placement, or of all, others each time. */
  async sample(count: number, placement?: string): Promise<Tenant[]> {
    const { rows } = await this.#query<TenantRow>(
      `select * from ${this.tables.tenants}
       where status = 'active' and ($2::text is null or placement = $2)
       order by random() limit $1`,
      [count, placement ?? null],
    );
    return rows.map(toTenant);
  }

  /**
   * Writes the row of a new tenant in status `provisioning`.
   *
   * @returns the new tenant; undefined where the slug is taken
   * @throws InvalidTenantSlugError, ConfigurationError for a placement there is none of,
   *   TenantExistsError where another tenant has the schema that it would get
   */
  async insert(input: NewTenant): Promise<Tenant | undefined> {
    const slug = parseTenantSlug(input.slug);
    const placement = input.placement ?? DEFAULT_PLACEMENT;
    this.#connections.placement(placement);
    const id = randomUUID();
    const schema = schemaNameFor(slug, this.#schemaPrefix);
    const row = await this.#insert(slug, schema, [
      id,
      slug,
      schema,
      this.#connections.isolation === 'role' ? roleNameFor(schema, id) : null,
      placement,
      input.name ?? slug,
      input.metadata ?? {},
    ]);
    this.#cache.forget(slug);
    return row && toTenant(row);
  }

  async #insert(slug: string, schema: string, values: unknown[]): Promise<TenantRow | undefined> {
    // Whatever is taken: of rows that are written at the same moment, the server may find the
    // schema's name taken before it finds the slug taken.
    const { rows } = await this.control.adminQuery<TenantRow>(
      `insert into ${this.tables.tenants}
         (id, slug, schema_name, role_name, placement, status, name, metadata)
       values ($1, $2, $3, $4, $5, 'provisioning', $6, $7)
       on conflict do nothing returning *`,
      values,
    );
    if (rows[0]) return rows[0];
    const { rows: others } = await this.control.adminQuery(
      `select from ${this.tables.tenants} where schema_name = $1 and slug <> $2`,
      [schema, slug],
    );
    // A tenant whose slug was changed keeps its schema.
    if (others.length > 0) throw new TenantExistsError(slug);
    return undefined;
  }

  /**
   * Moves a tenant from one of the given states to another.
   *
   * @throws TenantNotActiveError where it is in none of them, TenantNotFoundError
   */
  async setStatus(slug: string, from: readonly TenantStatus[], to: TenantStatus): Promise<Tenant> {
    const { rows } = await this.control.adminQuery<TenantRow>(
      `update ${this.tables.tenants} set status = $3, updated_at = now()
       where slug = $1 and status = any($2) returning *`,
      [parseTenantSlug(slug), from, to],
    );
    this.#cache.forget(slug);
    if (rows[0]) return toTenant(rows[0]);
    throw new TenantNotActiveError(slug, (await this.get(slug)).status);
  }

  /** Has the tenant's statements run as this role, where roles isolate. */
  async setRole(slug: string, role: string): Promise<void> {
    await this.control.adminQuery(
      `update ${this.tables.tenants} set role_name = $2, updated_at = now()
       where slug = $1 and role_name is distinct from $2`,
      [parseTenantSlug(slug), role],
    );
    this.#cache.forget(slug);
  }

  /**
   * Makes an active tenant of a row in status `provisioning`, in the transaction of whoever has made
   * all that belongs to it. Its name, metadata and role are those of the tenant that is given, also
   * where the row was written by an earlier attempt. {@link forget} it when the transaction is over.
   *
   * @throws TenantExistsError where it is active already
   */
  async activate(session: SqlSession, { id, slug, role, name, metadata }: Tenant): Promise<Tenant> {
    const { rows } = await session.query(
      `update ${this.tables.tenants}
       set status = 'active', role_name = $2, name = $3, metadata = $4, updated_at = now()
       where id = $1 and status = 'provisioning' returning *`,
      [id, role ?? null, name, metadata],
    );
    // Another call has finished the same tenant while this one did its part of it.
    if (!rows[0]) throw new TenantExistsError(slug);
    return toTenant(rows[0] as unknown as TenantRow);
  }

  /**
   * What a row in status `provisioning` becomes when it is {@link activate}d: the tenant that is asked
   * for now, whatever an earlier attempt was for, and with a role where roles isolate.
   */
  asAskedFor({ id, slug, schema, ...row }: Tenant, input: NewTenant): Tenant {
    return Object.freeze({
      ...row,
      id,
      slug,
      schema,
      role: this.#connections.isolation === 'role' ? roleNameFor(schema, id) : undefined,
      placement: input.placement ?? DEFAULT_PLACEMENT,
      name: input.name ?? slug,
      metadata: input.metadata ?? {},
    });
  }

  /**
   * Takes back a row that was written by {@link insert}, unless something was made for it already:
   * another call may be at work on the same tenant.
   */
  async removeUnprovisioned(tenant: Tenant): Promise<void> {
    await this.control.adminTransaction(async (client) => {
      // Whoever records something for it has a lock on the row until that can be seen.
      const { rowCount } = await client.query(
        `select from ${this.tables.tenants} where id = $1 for update skip locked`,
        [tenant.id],
      );
      if (rowCount === 0) return;
      await client.query(
        `delete from ${this.tables.tenants} where id = $1 and status = 'provisioning'
         and not exists (select from ${this.tables.migrations} where tenant_id = $1)`,
        [tenant.id],
      );
    });
    this.#cache.forget(tenant.slug);
  }

  /** Has the next look-up of this slug ask the database. */
  forget(slug: string): void {
    this.#cache.forget(slug);
  }

  async #one(condition: string, values: unknown[]): Promise<Tenant | undefined> {
    const { rows } = await this.#query<TenantRow>(
      `select * from ${this.tables.tenants} where ${condition}`,
      values,
    );
    return rows[0] && toTenant(rows[0]);
  }

  #query<R extends pg.QueryResultRow>(text: string, values: unknown[]) {
    return repeatedIfLost(() => this.control.query<R>(text, values));
  }
}

/** Where tenants change all the time, a look-up does not go on for ever. */
const MOST_LOOKS = 5;

/** @throws TenantNotActiveError */
function served(tenant: Tenant): Tenant {
  if (tenant.status !== 'active') throw new TenantNotActiveError(tenant.slug, tenant.status);
  return tenant;
}

/** For reads: what was lost with its connection is asked once more, and then for the caller to repeat. */
async function repeatedIfLost<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (first) {
    if (!(first instanceof ConnectionLostError)) throw first;
  }
  try {
    return await ask();
  } catch (second) {
    throw second instanceof ConnectionLostError
      ? new ConnectionLostError(second.cause, true)
      : second;
  }
}

/** What tenants share is neither the registry nor anything that could be a tenant's. */
function refuseSharing(shared: readonly string[], controlSchema: string, prefix: string): void {
  const found = shared.find((schema) => schema === controlSchema || schema.startsWith(prefix));
  if (found === undefined) return;
  throw new ConfigurationError(`The schema ${JSON.stringify(found)} cannot be shared.`, {
    remedy: `Name another one in sharedSchemas: not the control schema ${controlSchema}, and none that begins with ${prefix}.`,
  });
}

function warn(error: RegistryWatchLostError | ConfigurationError): void {
  process.emitWarning(error.message, {
    type: error.name,
    code: error.code,
    detail: error.remedy,
  });
}
