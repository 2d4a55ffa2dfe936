import { toError } from './to-error.js';

/**
 * Calls a listener of the application, whose errors are no reason for the caller to stop. One that is
 * asynchronous may fail later: that ends the process as little.
 */
export function contained(listener: () => unknown): void {
  try {
    const result = listener();
    if (isThenable(result)) result.then(undefined, warn);
  } catch (error) {
    warn(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function';
}

/** Not as the error itself: of one from another realm (a sandbox) Node would throw. */
function warn(error: unknown): void {
  const { name, message, stack } = toError(error);
  process.emitWarning(message, { type: name, ...(stack !== undefined && { detail: stack }) });
}
