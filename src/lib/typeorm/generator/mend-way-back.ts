import type { QueryRunner, Table, TableColumn, TableIndex, View } from 'typeorm';
import type { Query } from 'typeorm/driver/Query.js';

type Statement = Pick<Query, 'query'>;

/** TypeORM's runner for PostgreSQL, with what its published type leaves out. */
export interface RecordingRunner extends QueryRunner {
  /** Sends the first, and notes both. What undoes is sent in the opposite order. */
  executeQueries(up: Statement[], down: Statement[]): Promise<void>;
  createViewIndexSql(view: View, index: TableIndex): Statement;
}

/** Adds to what TypeORM undoes a change with what it forgets. */
export function mendWayBack(runner: RecordingRunner): RecordingRunner {
  const { driver } = runner.dataSource;
  const changeColumn = runner.changeColumn.bind(runner);
  const dropColumn = runner.dropColumn.bind(runner);
  const dropView = runner.dropView.bind(runner);
  const undoBy = (query: string) => runner.executeQueries([], [{ query }]);
  const pathOf = (table: Table) => {
    const { schema, tableName } = driver.parseTableName(table);
    return `"${schema}"."${tableName}"`;
  };

  return Object.assign(runner, {
    /**
     * An enum that has gained values gets its old type back, to which a default cannot be cast: it
     * has to go before that. And a value that was added cannot be the default in the same
     * transaction: where it changes too, TypeORM does what it does before PostgreSQL 12, and makes a
     * new type.
     */
    async changeColumn(table: Table, old: TableColumn, next: TableColumn): Promise<void> {
      if (!gainsValues(old, next)) return changeColumn(table, old, next);
      if (old.default !== next.default) {
        const { version } = driver;
        driver.version = '11.0';
        return changeColumn(table, old, next).finally(() => {
          driver.version = version;
        });
      }
      if (old.default === undefined) return changeColumn(table, old, next);
      const column = `ALTER TABLE ${pathOf(table)} ALTER COLUMN "${old.name}"`;
      await undoBy(`${column} SET DEFAULT ${old.default}`);
      await changeColumn(table, old, next);
      await undoBy(`${column} DROP DEFAULT`);
    },

    /** The column comes back without its comment. */
    async dropColumn(table: Table, column: TableColumn, ifExists?: boolean): Promise<void> {
      if (column.comment) {
        const text = column.comment.replaceAll("'", "''");
        await undoBy(`COMMENT ON COLUMN ${pathOf(table)}."${column.name}" IS '${text}'`);
      }
      await dropColumn(table, column, ifExists);
    },

    /** A materialized view comes back without its indexes. */
    async dropView(view: View, ifExists?: boolean): Promise<void> {
      for (const index of view.indices) await undoBy(runner.createViewIndexSql(view, index).query);
      await dropView(view, ifExists);
    },
  });
}

function gainsValues({ enum: before = [] }: TableColumn, { enum: after = [] }: TableColumn) {
  return (
    before.length > 0 && before.length < after.length && before.every((v) => after.includes(v))
  );
}
