import { quoteLiteral } from '../sql/identifier.js';
import type { ControlTables } from './control-tables.js';

/** What a notification says: these slugs mean something else now, or any of them may. */
export type TenantChange =
  | { readonly kind: 'some'; readonly slugs: readonly string[] }
  /** The schema of a tenant has other tables now, or those that are shared have. */
  | { readonly kind: 'migrated'; readonly schema: string | undefined }
  | { readonly kind: 'all' }
  /** Sent by a process to find out whether it hears anything. */
  | { readonly kind: 'check'; readonly id: string };

const ALL = '{"all":true}';
const ROW_TRIGGER = 'notify_changes';
const TRUNCATE_TRIGGER = 'notify_truncate';

/**
 * SQL that has every change of the table of tenants notified when it is committed, whoever makes it.
 * Adds what is missing; not safe against a second one at the same time.
 */
export function changeTriggers({ schema, tenants, channel }: ControlTables): string {
  const notify = `${schema}."notify_tenant_changes"`;
  return `
    create or replace function ${notify}() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $function$
    declare
      payload text := '${ALL}';
    begin
      if tg_op <> 'TRUNCATE' then
        -- Both, because a tenant that is renamed was known by the old slug.
        payload := json_build_object('slugs', array_remove(array[old.slug, new.slug], null));
      end if;
      -- A longer one is an error, and nobody's change fails because of its notification.
      if octet_length(payload) >= 8000 then
        payload := '${ALL}';
      end if;
      perform pg_notify(${quoteLiteral(channel)}, payload);
      return null;
    end
    $function$;
    do $do$
    begin
      if not ${exists(tenants, ROW_TRIGGER)} then
        create trigger ${ROW_TRIGGER} after insert or update or delete on ${tenants}
          for each row execute function ${notify}();
      end if;
      if not ${exists(tenants, TRUNCATE_TRIGGER)} then
        create trigger ${TRUNCATE_TRIGGER} after truncate on ${tenants}
          for each statement execute function ${notify}();
      end if;
    end
    $do$;
  `;
}

function exists(table: string, trigger: string): string {
  return `exists (
        select from pg_catalog.pg_trigger
        where tgrelid = ${quoteLiteral(table)}::regclass and tgname = '${trigger}'
      )`;
}

/** SQL that tells of a table of tenants whether it has all of them. */
export function hasTriggers(tenants: string): string {
  return `(
    select count(*) = 2 from pg_catalog.pg_trigger
    where tgrelid = pg_catalog.to_regclass(${quoteLiteral(tenants)})
      and tgname in ('${ROW_TRIGGER}', '${TRUNCATE_TRIGGER}'))`;
}

/** SQL that tells of the table named by $3 whether its changes are notified. */
export const CHANGES_ARE_NOTIFIED = `exists (
  select from pg_catalog.pg_trigger
  where tgrelid = to_regclass($3) and tgname = '${ROW_TRIGGER}' and tgenabled in ('O', 'A')
)`;

/**
 * What a migration sends. It names the slug as well, by which versions that do not know of migrations
 * take it for a change of the tenant.
 *
 * @param tenant undefined for a migration of what tenants share
 */
export function migratedPayload(tenant: { slug: string; schema: string } | undefined): string {
  const { slug, schema } = tenant ?? {};
  return JSON.stringify({ slugs: slug === undefined ? [] : [slug], migrated: schema ?? null });
}

/** What a process sends to itself. */
export function checkPayload(id: string): string {
  return JSON.stringify({ check: id });
}

/** Reads a notification. One that is not understood may mean anything, so it means all tenants. */
export function parseChange(payload: string): TenantChange {
  const { slugs, check, migrated } = parseObject(payload);
  if (typeof check === 'string') return { kind: 'check', id: check };
  if (migrated === null) return { kind: 'migrated', schema: undefined };
  if (typeof migrated === 'string') return { kind: 'migrated', schema: migrated };
  return isStrings(slugs) ? { kind: 'some', slugs } : { kind: 'all' };
}

function parseObject(payload: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
