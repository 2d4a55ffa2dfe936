import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVERY_TYPE } from '../../schematics/rendering/resource/every-type';
import type { GeneratedApp } from './support/generate';
import { describeLists } from './support/lists';
import { describeProblems } from './support/problems';
import { describeShutdown } from './support/shutdown';
import { describeSources, describeTests } from './support/suites';

describe('a generated application with typeorm on express', () => {
  const getApp = describeSources({
    orm: 'typeorm',
    platform: 'express',
    isolation: 'schema',
    fields: `${EVERY_TYPE} owner:ref(users) parent:ref(samples)?`,
  });
  describeTests(getApp);
  describeLists(getApp);
  describeProblems(getApp);
  describeShutdown(getApp);
  describe('whose entities change', () => describeChanges(getApp));
});

/** What a team does next, with what stands beside entities and what TypeORM keeps notes of. */
function describeChanges(getApp: () => GeneratedApp): void {
  function edit(path: string, change: (text: string) => string): void {
    const file = join(getApp().directory, path);
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(file, after);
  }

  it('has a migration written for them, under the options of its DataSource', () => {
    edit('src/database/typeorm-options.ts', (text) =>
      text.replace('= {};', "= { metadataTableName: 'typeorm_notes' };"),
    );
    edit('src/users/user.entity.ts', (text) =>
      text
        .replace('{ TenantEntity }', '{ TenantEntity, TenantViewEntity }')
        .replace('PrimaryGeneratedColumn }', 'Generated, PrimaryGeneratedColumn, ViewColumn }')
        .replace(
          '@TenantEntity',
          "export enum Role {\n  Admin = 'admin',\n  Member = 'member',\n}\n\nexport const ROLES = 'src/nothing/*.ts';\n\n@TenantEntity",
        )
        .replace(
          /\}\s*$/,
          `
  @Column({ type: 'enum', enum: Role, default: Role.Member, select: false })
  role: Role;

  @Generated('uuid')
  @Column({ select: false })
  token: string;

  @Column({ asExpression: 'upper(name)', generatedType: 'STORED', select: false })
  upper: string;
}

@TenantViewEntity('members', {
  expression: \`select name from "$tenant"."users" where role = 'member'\`,
})
export class Member {
  @ViewColumn()
  name: string;
}
`,
        ),
    );
    const output = getApp().run('npm', 'run', 'migration:generate', '--', '2nd role & view');
    expect(output).toMatch(/Wrote src\/database\/migrations\/\d{13}-change-2nd-role-view\.ts/);
  });

  it('finds nothing more afterwards', () => {
    expect(getApp().run('npm', 'run', 'migration:generate')).toContain('No changes');
  });

  it('still type-checks, lints and passes its tests with tenants of the new kind', () => {
    getApp().run('npx', 'tsc', '--noEmit', '-p', 'tsconfig.json');
    expect(getApp().run('npm', 'run', 'lint')).toContain('Found 0 warnings and 0 errors');
    // Not those of the users, who have more properties now.
    getApp().run('npm', 'run', 'test:e2e', '--', 'tenancy');
  });

  it('says what TypeORM cannot write, and what to do', () => {
    edit('src/users/user.entity.ts', (text) =>
      text.replace(
        'role: Role;',
        "role: Role;\n\n  @Column({ type: 'json', array: true })\n  list: object[];",
      ),
    );
    const { status, stderr } = getApp().try('npm', 'run', 'migration:generate');
    expect(status).not.toBe(0);
    expect(stderr).toContain('User.list: TypeORM writes an array of JSON as one JSON text');
    expect(stderr).toContain('Remove `array`');
    expect(stderr).not.toContain('    at ');
  });
}
