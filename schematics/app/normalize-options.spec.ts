import { normalizeOptions } from './normalize-options';
import type { AppOptions } from './schema';

/** What the stock `nest new shop -c @mt/schematics` passes. */
const stockNew: AppOptions = {
  name: 'shop',
  skipGit: false,
  strict: true,
  packageManager: 'npm',
  collection: '@mt/schematics',
  language: 'ts',
};

describe('normalizeOptions', () => {
  it('has a default for everything', () => {
    expect(normalizeOptions({})).toEqual({
      name: 'app',
      directory: 'app',
      orm: 'drizzle',
      platform: 'express',
      isolation: 'schema',
      packageManager: 'npm',
      spec: true,
      install: true,
      git: true,
    });
  });

  it.each([
    ['my-saas', 'my-saas', 'my-saas'],
    ['MySaas', 'my-saas', 'my-saas'],
    ['@acme/shop', '@acme/shop', '@acme/shop'],
    ['shop2.0', 'shop2.0', 'shop2.0'],
    [42, '42', '42'],
  ])('takes the name %j', (given, name, directory) => {
    expect(normalizeOptions({ name: given })).toMatchObject({ name, directory });
  });

  it.each(['../x', 'A B', '', ' ', '-x', '_x', '.x', 'a/b', 'a\\b', 'ä', 'node_modules', 'a\nb'])(
    'refuses the name %j in one line',
    (name) => {
      expect(() => normalizeOptions({ name })).toThrow(/^".*" is no name for an application: .+$/);
    },
  );

  it('refuses a name that npm finds too long, and a name given twice', () => {
    expect(() => normalizeOptions({ name: 'x'.repeat(215) })).toThrow('it is too long');
    expect(() => normalizeOptions({ name: ['a', 'b'] })).toThrow('there is more than one');
  });

  it.each<[AppOptions & Record<string, unknown>, string]>([
    [{ orm: 'drizle' }, 'choose drizzle or typeorm. Did you mean drizzle?'],
    [{ orm: 'prisma' }, 'Unknown value "prisma" for --orm: choose drizzle or typeorm.'],
    [{ orm: true }, 'Unknown value true for --orm'],
    [{ platform: 'fastfy' }, 'Did you mean fastify?'],
    [{ isolation: 'roles' }, 'choose schema or role. Did you mean role?'],
    [{ isolation: 'rls' }, 'Unknown value "rls" for --isolation: choose schema or role.'],
    [{ isolation: '' }, 'Unknown value "" for --isolation'],
    [{ packageManager: 'pnmp' }, 'Did you mean pnpm?'],
    [{ skipGit: 'perhaps' }, 'Unknown value "perhaps" for --skip-git: choose true or false.'],
    [{ language: 'js' }, 'TypeScript only: leave out --language=js'],
    [{ type: 'cjs' }, 'ES modules only: leave out --type=cjs'],
    [{ ormm: 'drizzle' }, 'Unknown option --ormm. Did you mean --orm?'],
    [{ directory: '../x' }, 'is not below the current one'],
    [{ directory: '/x' }, 'is not below the current one'],
    [{ directory: 'a/../../x' }, 'is not below the current one'],
  ])('refuses %j in one line', (options, message) => {
    expect(() => normalizeOptions(options)).toThrow(message);
    expect(() => normalizeOptions(options)).toThrow(/^[^\n]+$/);
  });

  it('takes the directory that Nest CLI 11 makes of none for none', () => {
    expect(normalizeOptions({ ...stockNew, directory: 'undefined' }).directory).toBe('shop');
    expect(normalizeOptions({ name: 'shop', directory: 'undefined' }).directory).toBe('undefined');
  });

  it('leaves installing and git to the stock `nest new`, which does both itself', () => {
    expect(normalizeOptions(stockNew)).toMatchObject({ name: 'shop', install: false, git: false });
    expect(normalizeOptions({ name: 'shop' })).toMatchObject({ install: true, git: true });
  });

  it('takes switches as text, as some command lines pass them', () => {
    expect(normalizeOptions({ skipGit: 'true', skipInstall: 'false' })).toMatchObject({
      git: false,
      install: true,
    });
  });

  it.each([
    ['here/and/there', 'here/and/there'],
    ['./here/', 'here'],
    ['.', ''],
  ])('takes the directory %j', (directory, expected) => {
    expect(normalizeOptions({ directory })).toMatchObject({ directory: expected });
  });
});
