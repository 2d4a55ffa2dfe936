import { UnsupportedStatementError } from '../errors.js';
import type { Checkout } from '../pool/checkout.js';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import { connectError } from '../pool/connect-error.js';

type Opened = (error: Error | null, client: ContextFreeClient | undefined) => void;

/**
 * Opens a connection beside the one that was checked out, for one statement that the server runs in no
 * transaction. It is its tenant's as a whole: its settings are those of the session. So nothing may
 * stand between it and the server that would hand the session on.
 *
 * @param settings makes it its tenant's
 * @param callback is called once
 */
export function openAlone(
  connection: Checkout,
  settings: readonly string[],
  callback: Opened,
): void {
  const { client: own } = connection;
  if (own.getTransactionStatus() !== 'I') return callback(inTransaction(), undefined);
  let client: ContextFreeClient;
  try {
    client = own.separate();
  } catch (error) {
    return callback(connectError(error), undefined);
  }
  connection.running++;
  // What the pool gives up, by its close or because nobody waits any more, is given up here too.
  const giveUp = () => client.destroy();
  own.once('end', giveUp);
  client.once('end', () => own.off('end', giveUp));
  prepare(client, own, settings).then(
    () => {
      connection.running--;
      callback(null, client);
    },
    (error: unknown) => {
      own.off('end', giveUp);
      connection.running--;
      client.destroy();
      callback(error as Error, undefined);
    },
  );
}

async function prepare(
  client: ContextFreeClient,
  own: ContextFreeClient,
  settings: readonly string[],
): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    throw connectError(error);
  }
  if (client.user !== own.user) throw anotherLogin();
  // A pooler gives its own numbers to its clients.
  const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid');
  if (rows[0]?.pid !== client.processID) throw behindPooler();
  await client.query(settings.join('; '));
}

function inTransaction(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'The server runs the statement in no transaction, and one is open',
    'Send it outside of the transaction.',
  );
}

function behindPooler(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'The server runs the statement in no transaction, and behind a pooler nothing else ties it to the tenant',
    'Set `directConnectionString` (DATABASE_DIRECT_URL), or `direct` of the placement, to a way past the pooler.',
  );
}

function anotherLogin(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'The server runs the statement in no transaction, and the way past the pooler has another login than the pool',
    'Give the login of the application in `directConnectionString` (DATABASE_DIRECT_URL), or in `direct` of the placement.',
  );
}
