/** Calls a listener of the application, whose errors are no reason for the caller to stop. */
export function contained(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
