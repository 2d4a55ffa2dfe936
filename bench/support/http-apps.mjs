// Generated applications as they are, and the same without tenancy: what is left of them when a
// resource reads one table over a pool of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NEST = join(ROOT, 'cli/bin/nest.js');

/** @returns the folders of both, built */
export function makeApps(folder, orm, platform, report) {
  const name = `${orm}-${platform}`;
  const tenant = join(folder, name);
  const plain = join(folder, `${name}-plain`);
  report(`${name}: generating`);
  generate(folder, 'app', name, `--orm=${orm}`, `--platform=${platform}`, '--skip-git');
  generate(tenant, 'resource', 'notes');
  edit(tenant, 'src/database/connection-options.ts', [
    [
      'return {',
      "return {\n    preparedStatements: process.env.PREPARED_STATEMENTS === 'off' ? false : undefined,",
    ],
  ]);
  mkdirSync(plain);
  for (const entry of [
    'src',
    'package.json',
    'nest-cli.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    cpSync(join(tenant, entry), join(plain, entry), { recursive: true });
  }
  symlinkSync(join(tenant, 'node_modules'), join(plain, 'node_modules'));
  withoutTenancy[orm](plain);
  report(`${name}: building`);
  for (const app of [tenant, plain]) {
    run(app, join(app, 'node_modules/@nestjs/cli/bin/nest.js'), 'build');
  }
  return { tenant, plain };
}

const IMPORTS = [
  [/^import \{ (ConnectionModule|TenancyModule) \} .*\n/gm, ''],
  [/^ {4}(ConnectionModule|TenancyModule),\n/gm, ''],
];

const withoutTenancy = {
  drizzle(app) {
    edit(app, 'src/app.module.ts', IMPORTS);
    for (const table of ['notes', 'users']) {
      edit(app, `src/${table}/${table}.table.ts`, [
        [/^import \{ tenantSchema \}.*\n/m, "import { pgTable } from 'drizzle-orm/pg-core';\n"],
        ['tenantSchema.table(', 'pgTable('],
      ]);
    }
    writeFileSync(
      join(app, 'src/database/database.module.ts'),
      `import { Global, Module } from '@nestjs/common';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { DATABASE } from './database.js';
import * as schema from './schema.js';

@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      useFactory: () =>
        drizzle(
          new pg.Pool({
            connectionString: process.env.DATABASE_URL,
            max: Number(process.env.DATABASE_POOL_SIZE),
          }),
          { schema },
        ),
    },
  ],
  exports: [DATABASE],
})
export class DatabaseModule {}
`,
    );
  },
  typeorm(app) {
    edit(app, 'src/app.module.ts', IMPORTS);
    for (const [folder, entity] of [
      ['notes', 'note'],
      ['users', 'user'],
    ]) {
      edit(app, `src/${folder}/${entity}.entity.ts`, [
        [/^import \{ TenantEntity \}.*\n/m, "import { Entity } from 'typeorm';\n"],
        ['@TenantEntity(', '@Entity('],
      ]);
    }
    writeFileSync(
      join(app, 'src/database/database.module.ts'),
      `import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      poolSize: Number(process.env.DATABASE_POOL_SIZE),
      autoLoadEntities: true,
    }),
  ],
})
export class DatabaseModule {}
`,
    );
  },
};

function edit(app, file, changes) {
  const path = join(app, file);
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of changes) {
    const changed = text.replace(from, to);
    // What is measured would not be what it is said to be.
    if (changed === text) throw new Error(`${file} has no ${from}.`);
    text = changed;
  }
  writeFileSync(path, text);
}

function generate(cwd, schematic, ...args) {
  run(cwd, NEST, 'g', `${join(ROOT, 'collection.json')}:${schematic}`, ...args);
}

function run(cwd, script, ...args) {
  execFileSync(process.execPath, [script, ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
