/** The error and those inside of it: ORMs wrap what the pool and PostgreSQL say. */
export function* errorChain(error: unknown): Generator<Error> {
  let next = error;
  while (next instanceof Error) {
    yield next;
    next = next.cause ?? ('driverError' in next ? next.driverError : undefined);
  }
}
