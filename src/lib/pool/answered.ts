import type { ContextFreeClient } from './context-free-client.js';
import { isFatal, sqlState } from './server-errors.js';

/** How a connection is after an error: good for the next statement, gone, or nobody knows. */
export type AfterError = 'ready' | 'lost' | 'unknown';

/** How long the server may take to say after an error that it is ready, which it says right behind it. */
const READY_WITHIN_MS = 5_000;

/**
 * Waits until it is known what an error has left of its connection. What the server says of an error
 * does not tell: not its SQLSTATE, and of a server that speaks another language not its severity. That
 * it is ready for the next statement does, or that the connection ends.
 *
 * Any other error (a value that cannot be sent, a row that cannot be read, a time-out of the client)
 * leaves a connection of which nobody knows the state.
 */
export function whenAnswered(
  client: ContextFreeClient,
  error: unknown,
  callback: (state: AfterError) => void,
): void {
  if (client.lost || isFatal(error)) return callback('lost');
  if (sqlState(error) === undefined) return callback('unknown');
  const { connection } = client;
  const settle = (state: AfterError) => {
    clearTimeout(timer);
    connection.off('readyForQuery', ready).off('end', lost);
    callback(state);
  };
  const ready = () => settle('ready');
  const lost = () => settle('lost');
  const timer = setTimeout(() => settle('unknown'), READY_WITHIN_MS).unref();
  connection.on('readyForQuery', ready).on('end', lost);
}
