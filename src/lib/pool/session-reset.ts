import { lex } from '../sql/lexer.js';
import { executeOnce } from './messages.js';

/**
 * Takes away what code in the database may have left on a connection: settings, a role, temporary
 * tables, the last number of a sequence, cursors, what it listens to. DISCARD ALL does more, and
 * cannot stand in the transaction of the statement behind it.
 */
export class SessionReset {
  /** As messages in front of a statement outside of a transaction, without a Sync. */
  readonly messages: Buffer;
  /** How many statements the messages are. */
  readonly count: number;
  /** As statements in front of a text: in a transaction of their own, since they take a snapshot. */
  readonly statements: readonly string[];

  /** @param own SET statements of the application, for what has to stay */
  constructor(own: readonly string[] = []) {
    const all = [...STATEMENTS, ...own];
    this.messages = Buffer.concat(all.map((sql) => executeOnce(sql)));
    this.count = all.length;
    this.statements = ['begin', ...all, 'commit'];
  }
}

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

/** The statements of a text that set something for the session. */
export function settingsIn(text: string): string[] {
  return lex(text)
    .statements.filter(({ words: [first, second = ''] }) => first === 'set' && !LOCAL.has(second))
    .map(({ start, end }) => text.slice(start, end));
}

const LOCAL = new Set(['constraints', 'local', 'transaction']);
