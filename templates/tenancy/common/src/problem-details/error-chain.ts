/** The error and its causes: ORMs wrap the errors of the pool and of PostgreSQL. */
export function* errorChain(error: unknown): Generator<Error> {
  let next = error;
  while (next instanceof Error) {
    yield next;
    next = next.cause ?? ('driverError' in next ? next.driverError : undefined);
  }
}
