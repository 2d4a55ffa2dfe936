import { ConfigurationError } from '../errors.js';
import { MAX_IDENTIFIER_BYTES, quoteIdentifier } from '../sql/identifier.js';

/** Where the registry and the ledger of migrations live unless configured otherwise. */
export const DEFAULT_CONTROL_SCHEMA = 'tenancy';

const CONTROL_SCHEMA = /^[a-z][a-z0-9_]{0,62}$/;

/** The quoted names of the control schema's tables. */
export interface ControlTables {
  readonly schema: string;
  readonly tenants: string;
  readonly migrations: string;
  /** Empty: whoever runs migrations holds a lock on it. */
  readonly migrationRun: string;
  /** Which changes the control schema has had. */
  readonly steps: string;
  /** Where changes of tenants are notified. Not quoted. */
  readonly channel: string;
}

/**
 * @param schemaPrefix prefix of the tenants' schemas, which the control schema must stay out of
 * @throws ConfigurationError
 */
export function controlTables(name: string, schemaPrefix: string): ControlTables {
  const reserved =
    name.startsWith('pg_') ||
    name.startsWith(schemaPrefix) ||
    name === 'public' ||
    name === 'information_schema';
  if (!CONTROL_SCHEMA.test(name) || reserved) {
    throw new ConfigurationError(`${JSON.stringify(name)} cannot be the control schema.`, {
      remedy: `Use lower-case letters, digits and "_"; not public, not pg_…, not ${schemaPrefix}….`,
    });
  }
  const schema = quoteIdentifier(name);
  return {
    schema,
    tenants: `${schema}."tenants"`,
    migrations: `${schema}."migrations"`,
    migrationRun: `${schema}."migration_run"`,
    steps: `${schema}."control_steps"`,
    channel: changeChannel(name),
  };
}

const CHANNEL_SUFFIX = '.tenants';

/**
 * The channel on which changes of tenants are notified: `tenancy.tenants` for the control schema
 * `tenancy`. A longer name is cut to what PostgreSQL takes; two control schemas that share a channel
 * for it forget more than they have to, and nothing else.
 */
export function changeChannel(controlSchema: string): string {
  return controlSchema.slice(0, MAX_IDENTIFIER_BYTES - CHANNEL_SUFFIX.length) + CHANNEL_SUFFIX;
}
