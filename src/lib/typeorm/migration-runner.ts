import type { QueryRunner } from 'typeorm';
import { UnsupportedStatementError } from '../errors.js';
import { refuseSchemaChange } from '../migrations/schema-statements.js';
import { analyse } from '../sql/analysis.js';

/**
 * The query runner that a migration gets. It is inside the tenant's transaction, which the migration
 * may not end: what came after would be kept without a row in the ledger. Savepoints, which is what
 * TypeORM makes of a transaction within one, are the migration's own.
 */
export function migrationRunner(runner: QueryRunner): QueryRunner {
  let savepoints = 0;
  const own: Partial<QueryRunner> = {
    async startTransaction(isolationLevel) {
      await runner.startTransaction(isolationLevel);
      savepoints++;
    },
    async commitTransaction() {
      if (savepoints === 0) throw refusal();
      savepoints--;
      await runner.commitTransaction();
    },
    async rollbackTransaction() {
      if (savepoints === 0) throw refusal();
      savepoints--;
      await runner.rollbackTransaction();
    },
    query(text: string, ...rest: []) {
      if (analyse(text).controlsTransaction) throw refusal();
      refuseSchemaChange(text);
      return runner.query(text, ...rest);
    },
  };
  return new Proxy(runner, {
    get(target, key) {
      const value: unknown = key in own ? Reflect.get(own, key) : Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function refusal(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A migration may not begin or end the transaction that it is part of',
    'Remove those statements: each migration of a tenant is a transaction of its own.',
  );
}
