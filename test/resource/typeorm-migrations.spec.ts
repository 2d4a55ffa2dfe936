import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@mt/runtime/embedded';
import { diffTenantSchema, type MigrationClass } from '@mt/runtime/typeorm';
import { EVERY_TYPE } from '../../schematics/rendering/resource/every-type';
import { DEFAULTS, RELATED, renderProject, writeProject } from './render-project';

type Classes = Record<string, MigrationClass>;

let server: EmbeddedPostgres;
const directories: string[] = [];

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'resource-'));
  directories.push(directory);
  server = await startEmbeddedPostgres({ directory, ephemeral: true });
});

afterAll(async () => {
  await server.stop();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function project(files: ReadonlyMap<string, string>): string {
  const directory = writeProject(files);
  directories.push(directory);
  return directory;
}

/** What TypeORM's own generator would write, after the migrations of the project. */
async function diff(directory: string): Promise<{ up: string[]; down: string[] }> {
  const entities: Classes = await import(join(directory, 'src/database/entities.ts'));
  const migrations: Classes = await import(join(directory, 'src/database/migrations/index.ts'));
  return diffTenantSchema(server.connectionString, {
    entities: Object.values(entities),
    migrations: Object.values(migrations),
  });
}

describe("TypeORM's migration generator", () => {
  it('has nothing to add after a resource with fields of every type', async () => {
    const samples = { name: 'samples', fields: EVERY_TYPE };
    expect(await diff(project(await renderProject('typeorm', [samples])))).toEqual({
      up: [],
      down: [],
    });
  });

  it('has nothing to add after three resources', async () => {
    const directory = project(await renderProject('typeorm', ['users', 'purchase-orders', 'news']));
    expect(await diff(directory)).toEqual({ up: [], down: [] });
  });

  it('has nothing to add after a resource with defaults of every type', async () => {
    expect(await diff(project(await renderProject('typeorm', [DEFAULTS])))).toEqual({
      up: [],
      down: [],
    });
  });

  it('has nothing to add after resources that refer to each other', async () => {
    expect(await diff(project(await renderProject('typeorm', RELATED)))).toEqual({
      up: [],
      down: [],
    });
  });

  it('adds what is changed afterwards, and that alone', async () => {
    const directory = project(await renderProject('typeorm', ['users', 'invoices']));
    const entity = join(directory, 'src/invoices/invoice.entity.ts');
    writeFileSync(
      entity,
      readFileSync(entity, 'utf8').replace(
        '  @Column(',
        '  @Column({ length: 9, nullable: true })\n  note: string;\n\n  @Column(',
      ),
    );
    expect(await diff(directory)).toEqual({
      up: ['ALTER TABLE "$tenant"."invoices" ADD "note" character varying(9)'],
      down: ['ALTER TABLE "$tenant"."invoices" DROP COLUMN "note"'],
    });
  });

  it.each([
    ['users', ''],
    ['samples', EVERY_TYPE],
  ])('would have written the same for %s', async (name, fields) => {
    const files = await renderProject('typeorm', [fields === '' ? name : { name, fields }]);
    const barrel = 'src/database/migrations/index.ts';
    const { up, down } = await diff(project(new Map([...files, [barrel, 'export {};\n']])));

    const [migration = ''] = [...files]
      .filter(([path]) => path.endsWith(`-create-${name}.ts`))
      .map(([, text]) => text);
    const oneLine = (text: string): string =>
      text.replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')');
    for (const statement of [...up, ...down]) {
      expect(oneLine(migration)).toContain(oneLine(statement.trim()));
    }
    expect(migration.match(/queryRunner\.query/g)).toHaveLength(up.length + down.length);
  });
});
