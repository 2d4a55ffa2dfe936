import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationClass, TenantSchemaDiff } from '@mt/runtime/typeorm';

const ROOT = join(__dirname, '../../..');
const TEMPLATE = 'templates/tenancy/typeorm/src/database/migration-generator/migration-class.ts';

interface Writer {
  migrationClass(className: string, changes: TenantSchemaDiff, shared?: boolean): string;
}

/** Files inside the repository, where its packages are found and TypeScript is compiled. */
export class WrittenMigrations {
  readonly directory: string;

  constructor() {
    const parent = join(ROOT, '.tmp');
    mkdirSync(parent, { recursive: true });
    this.directory = mkdtempSync(join(parent, 'migrations-'));
    writeFileSync(join(this.directory, 'migration-class.ts'), readFileSync(join(ROOT, TEMPLATE)));
  }

  /** What the generated application's command writes, read back as a class. */
  async write(
    name: string,
    timestamp: number,
    changes: TenantSchemaDiff,
    shared = false,
  ): Promise<MigrationClass> {
    const writer: Writer = await import(join(this.directory, 'migration-class.ts'));
    const className = `${name}${timestamp}`;
    const path = join(this.directory, `${timestamp}-${name}.ts`);
    writeFileSync(path, writer.migrationClass(className, changes, shared));
    const module: Record<string, MigrationClass> = await import(path);
    const written = module[className];
    if (!written) throw new Error(`${path} has no class ${className}`);
    return written;
  }
}
