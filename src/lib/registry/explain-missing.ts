import { ConfigurationError } from '../errors.js';
import { SqlState, sqlState } from '../pool/server-errors.js';
import type { ControlTables } from './control-tables.js';

export const SET_UP =
  'Call registry.setup() when the application starts; with role isolation, once where the admin login is configured.';

/**
 * What a failed statement on the control schema means: where something of it is missing, that it was
 * not set up, or by an older version.
 */
export function explainMissing(error: unknown, { schema }: ControlTables): unknown {
  const state = sqlState(error);
  if (state === undefined || !MISSING.has(state)) return error;
  return new ConfigurationError(`The control schema ${schema} is not set up.`, {
    cause: error,
    remedy: SET_UP,
  });
}

const MISSING: ReadonlySet<string> = new Set([
  SqlState.undefinedTable,
  SqlState.undefinedColumn,
  SqlState.invalidSchemaName,
]);
