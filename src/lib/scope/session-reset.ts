import { executeOnce } from './messages.js';

/**
 * Takes away what code in the database may have left on a connection: settings, a role, temporary
 * tables, the last number of a sequence, cursors, what it listens to. DISCARD ALL does more, and
 * cannot stand in the transaction of the statement behind it.
 */
const STATEMENTS: readonly string[] = [
  'reset all',
  // A pooler may have another default, in which our texts would be others.
  "set client_encoding to 'UTF8'",
  'reset role',
  'discard temp',
  'discard sequences',
  'close all',
  'unlisten *',
  'select where pg_catalog.pg_advisory_unlock_all() is null',
];

/** As messages in front of a statement outside of a transaction, without a Sync. */
export const SESSION_RESET = {
  messages: Buffer.concat(STATEMENTS.map((sql) => executeOnce(sql))),
  count: STATEMENTS.length,
} as const;

/** As statements in front of a text: in a transaction of their own, since they take a snapshot. */
export const SESSION_RESET_STATEMENTS: readonly string[] = ['begin', ...STATEMENTS, 'commit'];
