import type { DataSource } from 'typeorm';

/**
 * Keeps a lazy relation that cannot be read from ending the process.
 *
 * TypeORM keeps what a relation loads to by a promise of its own, which nobody hears of: when the
 * statement fails, Node takes that for an unhandled rejection, although the one who awaits the
 * relation catches the error (https://github.com/typeorm/typeorm/issues/12861, open with 1.1). Only
 * that promise is quiet here: a relation that nobody awaits is an unhandled rejection as ever.
 */
export function containLazyRelations({ relationLoader }: DataSource): void {
  const load = relationLoader.load.bind(relationLoader);
  relationLoader.load = (...args) => {
    const loaded = load(...args);
    onFirstThen(loaded, (relation) =>
      onFirstThen(relation, (kept) => {
        // Whoever awaits the relation has the error.
        kept.catch(() => undefined);
      }),
    );
    return loaded;
  };
}

/** Is shown the first promise that `then()` makes of this one. An `await` makes none. */
function onFirstThen(promise: Promise<unknown>, see: (next: Promise<unknown>) => void): void {
  // oxlint-disable-next-line unicorn/no-thenable -- it is one already
  promise.then = (...handlers) => {
    Reflect.deleteProperty(promise, 'then');
    const next = promise.then(...handlers);
    see(next);
    return next;
  };
}
