import type { TenantSchemaDiff } from '@mt/runtime/typeorm';

/** The source of a migration. */
export function migrationClass(
  className: string,
  { up, down }: TenantSchemaDiff,
  shared = false,
): string {
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  // TypeORM orders migrations by the number in their name.
  name = '${className}';
${shared ? SHARED : ''}
  async up(queryRunner: QueryRunner): Promise<void> {
${up.map(statement).join('\n')}
  }

${down.length === 0 ? NO_WAY_BACK : wayBack(down)}
}
`;
}

const SHARED = `  // Applied once, for all tenants.
  shared = true;
`;

const NO_WAY_BACK = `  down(): Promise<void> {
    return Promise.reject(new Error('This migration cannot be undone.'));
  }`;

function wayBack(down: readonly string[]): string {
  return `  async down(queryRunner: QueryRunner): Promise<void> {
${down.map(statement).join('\n')}
  }`;
}

function statement(sql: string): string {
  const escaped = sql.replace(/[\\`]|\$(?=\{)/g, '\\$&');
  return `    await queryRunner.query(\n      \`${escaped}\`,\n    );`;
}
