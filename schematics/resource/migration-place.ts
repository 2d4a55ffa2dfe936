import { posix } from 'node:path';
import { SchematicsException, type Tree } from '@angular-devkit/schematics';
import { parseSource } from '../tree/edit/source';
import { parseChoice, show } from '../utility/options';
import type { Orm } from '../utility/project';
import { DEFAULT_MIGRATIONS, DRIZZLE_PREFIXES, type MigrationPlace } from '../rendering/resource';
import { defaultExport, StaticReader, type StaticValue } from '../tree/static-value';
import { readSource } from '../tree/text-style';
import type { ResourceOptions } from './schema';

/**
 * Where the application keeps its migrations, and how drizzle-kit names them: read from what the team has written, so
 * that nothing is put where nobody applies it.
 *
 * @throws SchematicsException where it cannot be told, with the option that says it
 */
export function migrationPlace(
  tree: Tree,
  orm: Orm,
  options: ResourceOptions,
): Promise<MigrationPlace> {
  return orm === 'drizzle' ? drizzlePlace(tree, options) : typeormPlace(tree, options);
}

const DEFAULTS: MigrationPlace = { directory: DEFAULT_MIGRATIONS.drizzle, prefix: 'index' };
/** In the order in which drizzle-kit looks for them. */
const CONFIGS = ['drizzle.config.ts', 'drizzle.config.js', 'drizzle.config.json'];

async function drizzlePlace(tree: Tree, options: ResourceOptions): Promise<MigrationPlace> {
  const given = {
    directory:
      options.migrations === undefined ? undefined : folder('--migrations', options.migrations),
    prefix:
      options.prefix === undefined
        ? undefined
        : parseChoice('prefix', options.prefix, DRIZZLE_PREFIXES),
  };
  if (given.directory && given.prefix) {
    return { directory: given.directory, prefix: given.prefix };
  }
  const path = configPath(tree);
  if (path === undefined) return { ...DEFAULTS, ...defined(given) };

  const { morph, file, broken } = await parseSource(
    path.endsWith('.json') ? 'config.ts' : path,
    path.endsWith('.json') ? `export default ${readSource(tree, path)}` : readSource(tree, path),
  );
  const reader = new StaticReader(morph, file);
  const config: StaticValue = broken
    ? { kind: 'unknown' }
    : reader.read(defaultExport(morph, file));
  const migrations = reader.member(config, 'migrations');
  const prefix: StaticValue =
    migrations.kind === 'nothing' ? migrations : reader.member(migrations, 'prefix');
  const directory =
    given.directory ??
    folder(
      `out of ${path}`,
      textOf(reader.member(config, 'out'), 'drizzle', `out of ${path}`, '--migrations=./drizzle'),
    );
  if (!given.directory) await refuseUnapplied(tree, path, directory);
  return {
    directory,
    prefix:
      given.prefix ??
      parseChoice(
        'prefix',
        textOf(prefix, 'index', `prefix of ${path}`, '--prefix=index'),
        DRIZZLE_PREFIXES,
      ),
  };
}

const MIGRATIONS = 'src/database/tenant-migrations.ts';

/** What drizzle-kit writes to a folder that the application does not apply would never reach a tenant. */
async function refuseUnapplied(tree: Tree, config: string, directory: string): Promise<void> {
  if (!tree.exists(MIGRATIONS)) return;
  const { morph, file, broken } = await parseSource(MIGRATIONS, readSource(tree, MIGRATIONS));
  const calls = file
    .getDescendantsOfKind(morph.SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getText() === 'sqlMigrations');
  const [call] = calls;
  if (broken || !call || calls.length > 1) return;
  const reader = new StaticReader(morph, file, `/${posix.dirname(MIGRATIONS)}`);
  const applied = reader.member(reader.read(call.getArguments()[1]), 'directory');
  if (applied.kind !== 'text') return;
  const path = folder(`directory of ${MIGRATIONS}`, applied.text);
  if (path === directory) return;
  throw new SchematicsException(
    `${config} has drizzle-kit write to ${show(directory)}, and ${MIGRATIONS} applies ${show(path)}: have both name one folder, or say with --migrations where this one belongs.`,
  );
}

/** The file that `migration:generate` names, or the one that drizzle-kit finds. */
function configPath(tree: Tree): string | undefined {
  const scripts = tree.exists('package.json') ? readSource(tree, 'package.json') : '';
  const named = /drizzle-kit generate[^"]*--config[= ]([^\s"]+)/.exec(scripts)?.[1];
  if (named === undefined) return CONFIGS.find((path) => tree.exists(path));
  const path = posix.normalize(named);
  if (tree.exists(path)) return path;
  throw new SchematicsException(
    `package.json has drizzle-kit read ${show(named)}, which does not exist: correct it.`,
  );
}

function textOf(value: StaticValue, absent: string, what: string, remedy: string): string {
  if (value.kind === 'text') return value.text;
  if (value.kind === 'nothing') return absent;
  throw new SchematicsException(
    `The ${what} cannot be told without running it: say it with ${remedy}, or write it as a literal.`,
  );
}

/** The folder of the barrel whose classes are given to `typeormMigrations()`. */
async function typeormPlace(tree: Tree, options: ResourceOptions): Promise<MigrationPlace> {
  if (options.prefix !== undefined) {
    throw new SchematicsException(
      '--prefix is drizzle-kit’s, and this application uses TypeORM: leave it out.',
    );
  }
  if (options.migrations !== undefined) {
    return typeormIn(tree, folder('--migrations', options.migrations), 'index.ts', '--migrations');
  }
  if (!tree.exists(MIGRATIONS)) return { directory: DEFAULT_MIGRATIONS.typeorm };
  const { file, broken } = await parseSource(MIGRATIONS, readSource(tree, MIGRATIONS));
  const used = /Object\s*\.\s*values\s*\(\s*([\w$]+)\s*\)/.exec(file.getText())?.[1];
  const specifier = file
    .getImportDeclarations()
    .find((item) => used !== undefined && item.getNamespaceImport()?.getText() === used)
    ?.getModuleSpecifierValue();
  if (broken || !specifier?.startsWith('.')) {
    throw new SchematicsException(
      `Where ${MIGRATIONS} has its migrations from cannot be told: say it with --migrations=./src/database/migrations, a folder with an index.ts that exports them.`,
    );
  }
  const barrel = posix
    .join(posix.dirname(MIGRATIONS), specifier)
    .replace(/\.js$/, '.ts')
    .replace(/(?<!\.ts)$/, '.ts');
  const index = barrel.replace(/\.ts$/, '/index.ts');
  const found = tree.exists(barrel) || !tree.exists(index) ? barrel : index;
  return typeormIn(tree, posix.dirname(found), posix.basename(found), MIGRATIONS);
}

function typeormIn(tree: Tree, directory: string, barrel: string, source: string): MigrationPlace {
  if (tree.exists(`${directory}/${barrel}`)) return { directory, barrel };
  throw new SchematicsException(
    `${source} names ${directory}/${barrel}, which does not exist: create it, or correct the name.`,
  );
}

/** A folder of the project, relative to its root. */
function folder(what: string, path: string): string {
  const directory = posix.normalize(path.replaceAll('\\', '/')).replace(/^\/+|\/+$/g, '');
  if (directory === '' || directory === '.' || directory.split('/').includes('..')) {
    throw new SchematicsException(
      `The ${what}, ${show(path)}, is no folder inside of the project: name one, for example ./migrations.`,
    );
  }
  return directory.replace(/^\.\//, '');
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
