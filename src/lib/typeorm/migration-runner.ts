import type { EntityManager, QueryRunner } from 'typeorm';
import { UnsupportedStatementError } from '../errors.js';
import { endsTransaction } from '../migrations/tenant-transaction.js';
import { analyse } from '../sql/analysis.js';

/**
 * The query runner that a migration gets. It is inside the tenant's transaction, which the migration
 * may not end: what came after would be kept without a row in the ledger. Savepoints, which is what
 * TypeORM makes of a transaction within one, are the migration's own.
 *
 * @param refuse throws for a text that it may not send
 */
export function migrationRunner(runner: QueryRunner, refuse: (text: string) => void): QueryRunner {
  let savepoints = 0;
  let manager: EntityManager | undefined;
  const own: Partial<QueryRunner> = {
    async startTransaction(isolationLevel) {
      await runner.startTransaction(isolationLevel);
      savepoints++;
    },
    async commitTransaction() {
      if (savepoints === 0) throw endsTransaction();
      savepoints--;
      await runner.commitTransaction();
    },
    async rollbackTransaction() {
      if (savepoints === 0) throw endsTransaction();
      savepoints--;
      await runner.rollbackTransaction();
    },
    query(text: string, ...rest: []) {
      if (analyse(text).controlsTransaction) throw endsTransaction();
      refuse(text);
      return runner.query(text, ...rest);
    },
    clearDatabase() {
      throw new UnsupportedStatementError(
        'A migration may not empty the whole database',
        'Drop the tables one by one.',
      );
    },
    get manager() {
      return (manager ??= runner.dataSource.createEntityManager(guarded));
    },
  };
  const guarded: QueryRunner = new Proxy(runner, {
    get(target, key) {
      const value: unknown = key in own ? Reflect.get(own, key) : Reflect.get(target, key);
      // What TypeORM's methods send goes through here as well.
      return typeof value === 'function' ? value.bind(guarded) : value;
    },
  });
  return guarded;
}
