import type { TransactionStatus } from '../pool/wire-connection.js';
import type { Analysis } from '../sql/analysis.js';

/**
 * Whether something of a text can have been kept although its connection was lost before the answer.
 *
 * @param status of the connection, before the text
 */
export function mayBeKeptWhereLost(analysis: Analysis, status: TransactionStatus): boolean {
  const { parts, onlyControlsTransaction } = analysis;
  let state = status;
  // A single statement, which is its own transaction where none is open.
  if (parts.length === 0) return !onlyControlsTransaction && !isOpen(state);
  let waits = false;
  for (const { effect, chains } of parts) {
    if (effect === 'begins') state = 'T';
    else if (effect === 'works') waits ||= !isOpen(state);
    else if (effect === 'commits') {
      // COMMIT of a transaction that has failed rolls it back.
      if (state !== 'E') return true;
      state = chains ? 'T' : 'I';
    } else if (effect === 'rolls back') {
      waits = false;
      state = chains ? 'T' : 'I';
    } else if (state === 'E') {
      state = 'T';
    }
  }
  // What no transaction of the text encloses is committed at its end.
  return waits && !isOpen(state);
}

/**
 * Whether something of a text can have been kept although the server has answered it with an error:
 * what had been committed before.
 */
export function mayBeKeptWhereFailed(
  { parts, command }: Analysis,
  text: string,
  status: TransactionStatus,
): boolean {
  if (parts.length === 0) return !isOpen(status) && commitsByItself(command, text);
  return parts.slice(0, -1).some(({ effect }) => effect === 'commits');
}

/** Commands that are, or may run, several transactions. */
const COMMITS_BY_ITSELF: ReadonlySet<string> = new Set([
  'analyze',
  'call',
  'cluster',
  'do',
  'reindex',
  'vacuum',
]);

function commitsByItself(command: string, text: string): boolean {
  return COMMITS_BY_ITSELF.has(command) || /\bconcurrently\b/i.test(text);
}

function isOpen(status: TransactionStatus): boolean {
  return status === 'T' || status === 'E';
}
