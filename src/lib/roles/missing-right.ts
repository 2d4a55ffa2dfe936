import { hasSqlState, SqlState } from '../pool/server-errors.js';
import { ConfigurationError } from '../errors.js';

/**
 * Does `work`, and says which right is missing where the server refuses it for want of one.
 *
 * @throws ConfigurationError with the problem and the remedy
 */
export async function withRight<T>(
  { problem, remedy }: { problem: string; remedy: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasSqlState(error, SqlState.insufficientPrivilege)) throw error;
    throw new ConfigurationError(problem, { cause: error, remedy });
  }
}
