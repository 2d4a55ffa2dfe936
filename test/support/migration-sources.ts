import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { sqlMigrations, type ConnectionManager, type MigrationSource } from '@mt/runtime';
import { kyselyMigrations } from '@mt/runtime/kysely';
import { typeormMigrations } from '@mt/runtime/typeorm';
import { sql, type Kysely, type Migration as KyselyMigration } from 'kysely';

const directories: string[] = [];

afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

/** The texts of migrations, in their order. */
type MakeSource = (
  connections: ConnectionManager,
  texts: readonly string[],
) => Promise<MigrationSource>;

/** The same migrations as each kind of source has them; each knows them by the names below. */
export const MIGRATION_SOURCES: Readonly<Record<string, MakeSource>> = {
  async sql(connections, texts) {
    const directory = await mkdtemp(join(tmpdir(), 'mt-sources-'));
    directories.push(directory);
    for (const [index, text] of texts.entries()) {
      await writeFile(join(directory, `${migrationName('sql', index)}.sql`), text);
    }
    return sqlMigrations(connections, { directory });
  },

  typeorm(connections, texts) {
    const classes = texts.map(
      (text, index) =>
        class implements MigrationInterface {
          readonly name = migrationName('typeorm', index);

          async up(runner: QueryRunner): Promise<void> {
            for (const statement of text.split(';')) await runner.query(statement);
          }
          async down(): Promise<void> {}
        },
    );
    return Promise.resolve(typeormMigrations(connections, classes) as unknown as MigrationSource);
  },

  kysely(connections, texts) {
    const migrations = texts.map((text, index): [string, KyselyMigration] => [
      migrationName('kysely', index),
      {
        async up(db: Kysely<unknown>) {
          for (const statement of text.split(';')) await sql.raw(statement).execute(db);
        },
      },
    ]);
    const getMigrations = () => Promise.resolve(Object.fromEntries(migrations.toReversed()));
    return Promise.resolve(
      kyselyMigrations(connections, { getMigrations }) as unknown as MigrationSource,
    );
  },
};

export function migrationName(kind: string, index: number): string {
  return kind === 'typeorm' ? `Step${1_700_000_000_000 + index}` : `000${index}_step`;
}
