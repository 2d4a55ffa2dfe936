import { rmSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Orm } from '../../schematics/utility/project';
import { EVERY_TYPE } from '../../schematics/rendering/resource/every-type';
import { DEFAULTS, RELATED, renderProject, writeProject } from './render-project';

/** Plurals that are no plurals, acronyms, reserved words, and words that the generated code uses itself. */
const AWKWARD_NAMES = [
  'users',
  'news',
  'data',
  'criteria',
  'series',
  'statuses',
  'HTTPServers',
  'purchase_orders',
  'packages',
  'classes',
  'interfaces',
  'changes',
  'pages',
  'inputs',
  'ids',
  'dbs',
  'integers',
  'rows',
  'services',
  'tenants',
  'apps',
  'tests',
  'types',
  'documents',
  'events',
  'oauth2Tokens',
  'versions',
  'lists',
  'ands',
];

/** The parts of the application that a resource builds on. */
const SUPPORT = `import type { Tenant } from '@mt/runtime';
import type { INestApplication } from '@nestjs/common';
import type request from 'supertest';
import type { App } from 'supertest/types.js';

export declare function createApp(): Promise<INestApplication<App>>;
export declare function createTenant(app: INestApplication): Promise<Tenant>;
export declare function clientOf(app: INestApplication, tenant: Tenant): ReturnType<typeof request.agent>;
export declare function bodyIs(expected: unknown): (answer: { body: unknown }) => void;
`;
const DATABASE = `import { Inject } from '@nestjs/common';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type * as schema from './schema.js';

export type Database = NodePgDatabase<typeof schema>;
export const InjectDatabase = (): ParameterDecorator => Inject('database');
`;

function typeErrors(directory: string, files: readonly string[]): string[] {
  const program = ts.createProgram(
    files.filter((path) => path.endsWith('.ts')).map((path) => join(directory, path)),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      esModuleInterop: true,
      isolatedModules: true,
      emitDecoratorMetadata: true,
      experimentalDecorators: true,
      skipLibCheck: true,
      strict: true,
      strictPropertyInitialization: false,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noEmit: true,
      types: ['node', 'jest'],
    },
  );
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    return `${diagnostic.file?.fileName.slice(directory.length) ?? ''}: ${text}`;
  });
}

describe.each<Orm>(['drizzle', 'typeorm'])('rendered resources (%s)', (orm) => {
  it('type-check under awkward names, and with fields of every type', async () => {
    const files = await renderProject(orm, [
      ...AWKWARD_NAMES.filter((name) => !RELATED.some((related) => related.name === name)),
      ...RELATED,
      DEFAULTS,
      { name: 'samples', fields: EVERY_TYPE },
    ]);
    files.set('package.json', '{ "type": "module" }');
    files.set('test/support/app.ts', SUPPORT);
    // Shows that the check looks.
    files.set('src/wrong.ts', 'export const wrong: string = 1;');
    if (orm === 'drizzle') files.set('src/database/database.ts', DATABASE);

    const directory = writeProject(files);
    try {
      expect(typeErrors(directory, [...files.keys()])).toEqual([
        "/src/wrong.ts: Type 'number' is not assignable to type 'string'.",
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
