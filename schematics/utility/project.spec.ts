import { Tree } from '@angular-devkit/schematics';
import { readTenantApp } from './project';

function app(text: string): Tree {
  const tree = Tree.empty();
  tree.create('.mt/app.json', text);
  return tree;
}

describe('readTenantApp', () => {
  it.each([
    ['{ "orm": "typeorm", "packageManager": "yarn" }', 'yarn'],
    ['{ "orm": "typeorm" }', 'npm'],
  ])('gives the ORM and the package manager of %s', (text, packageManager) => {
    expect(readTenantApp(app(text))).toEqual({ orm: 'typeorm', packageManager });
  });

  it('says what was found, what was expected and what to do', () => {
    expect(() => readTenantApp(Tree.empty())).toThrow(
      /^Found no project here, expected the root of a multi-tenant application \(.mt\/app.json\): [^\n]*$/,
    );
    const other = Tree.empty();
    other.create('package.json', '{}');
    expect(() => readTenantApp(other)).toThrow(/^Found a project that was not generated/);
  });

  it.each([
    ['{', /not valid JSON/],
    ['[]', /does not hold an object/],
    ['{ "orm": "prisma" }', /names no known ORM/],
  ])('refuses %s in one line', (text, message) => {
    const attempt = (): unknown => readTenantApp(app(text));
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/^[^\n]*$/);
  });
});
