import { UnsupportedStatementError } from '../errors.js';
import type { ContextFreeClient } from '../pool/context-free-client.js';

/**
 * What listeners of a tenant pool are given of a connection that is opened or closed: it tells which,
 * and sends nothing, since it is no tenant's.
 */
export class OpenedConnection {
  /** Of its backend; undefined behind poolers that do not say. */
  readonly processID: number | undefined;

  constructor({ processID }: ContextFreeClient) {
    this.processID = processID;
  }

  query(): Promise<never> {
    return Promise.reject(
      new UnsupportedStatementError(
        'A connection that is being opened belongs to no tenant, so nothing is sent on it',
        'Set what every connection is to have by `onConnect` of the option `pool`, or by ALTER ROLE … SET.',
      ),
    );
  }

  /** What becomes of it is told by the statements that are sent on it. */
  on(): this {
    return this;
  }

  once(): this {
    return this;
  }

  off(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }
}
