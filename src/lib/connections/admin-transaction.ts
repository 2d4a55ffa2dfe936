import { ConnectionLostError } from '../errors.js';
import type { ConnectionManager } from './connection-manager.js';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import { isFatal } from '../pool/server-errors.js';

/**
 * Runs `work` in one transaction of the admin login, without any scoping: what goes through it reaches
 * every schema.
 *
 * @param work is given the client, and what has the connection closed at the end, because something
 *   may stay on it
 * @throws ConnectionLostError, which is retryable unless it may have been committed; where no connection
 *   can be had, the errors of that
 */
export async function adminTransaction<T>(
  connections: ConnectionManager,
  placement: string,
  work: (client: ContextFreeClient, spoil: () => void) => Promise<T>,
): Promise<T> {
  const connection = await connections.checkoutAdmin(placement);
  const { client } = connection;
  let spoilt = false;
  let committing = false;
  try {
    // Whatever the login's default is: what a statement waited for has to be seen by the next one.
    await client.query('begin isolation level read committed');
    const result = await work(client, () => (spoilt = true));
    committing = true;
    const { command } = await client.query('commit');
    // The server answers so, and with no error, where a statement had failed that nobody told of.
    if (command !== 'COMMIT') throw new Error('The transaction had failed, and was rolled back.');
    return result;
  } catch (error) {
    // Closing the connection rolls back as well, also where the connection is what failed.
    await client.query('rollback').catch(() => (spoilt = true));
    const lost = client.lost || isFatal(error);
    throw lost ? new ConnectionLostError(error, !committing) : error;
  } finally {
    connection.release(spoilt);
  }
}
