import { formatFiles, newProjectFormat } from '../rendering/format';
import { importPath, sortImports } from '../rendering/imports';
import { resourceNames } from '../rendering/names';
import { appRecord, resourceRecord } from '../rendering/record';
import { copiedFiles, mergeFiles, type RenderedFiles } from '../rendering/render';
import {
  parseFields,
  renderResource,
  type RenderedResource,
  type ResourceInput,
} from '../rendering/resource';
import { APP_FILE, APP_MODULE } from '../utility/project';
import { APP_BASE, basePath, baseText } from '../tree/base';
import { SHARED } from '../resource/resource-files';
import type { NormalizedOptions } from './normalize-options';
import { packageJson } from './package-json';
import { renderProject } from './project';
import { renderTenancy } from './tenancy';

const ENVIRONMENT = '.env.example';

/** When the migration of the first resource says it was made: rendering the same options again gives the same files. */
const FIRST_MIGRATION = Date.UTC(2026, 0, 1);

/** Every file of a new application: the project, tenants, and the first resource. */
export async function renderApp(options: NormalizedOptions): Promise<Map<string, string | Buffer>> {
  const { files, ofApp, ofUsers, assets } = await renderParts(options);
  const bases = [
    [APP_BASE, baseText(ofApp)],
    [basePath(USERS.names), baseText(ofUsers)],
  ] as const;
  return new Map<string, string | Buffer>([...files, ...bases, ...assets]);
}

/** The files that belong to the application itself, as they are merged: without migrations and records. */
export async function renderAppPart(options: NormalizedOptions): Promise<RenderedFiles> {
  return (await renderParts(options)).ofApp;
}

interface RenderedParts {
  readonly files: RenderedFiles;
  readonly ofApp: RenderedFiles;
  readonly ofUsers: RenderedFiles;
  readonly assets: ReadonlyMap<string, string | Buffer>;
}

async function renderParts(options: NormalizedOptions): Promise<RenderedParts> {
  const project = renderProject(options);
  const tenancy = await renderTenancy(options);
  const users = renderUsers(options);

  const shared = new Map([
    ['package.json', packageJson(options.name, [project.manifest, tenancy.manifest])],
    [ENVIRONMENT, [project, tenancy].map(({ files }) => textOf(files, ENVIRONMENT)).join('\n')],
    [
      APP_MODULE,
      withModules(textOf(project.files, APP_MODULE), [
        ...tenancy.modules,
        users.registrations.module,
      ]),
    ],
    ...barrels(users),
    ...records(options),
  ]);
  const sources = mergeFiles(project.files, tenancy.files, users.code, shared);
  // What is copied is kept formatted: most of the time would go into that. Records are kept as they are written.
  const copied = new Set([
    ...project.copied,
    ...tenancy.copied,
    ...['resource/common', `resource/${options.orm}`].flatMap(copiedFiles),
  ]);
  const rendered = new Map(
    [...sources].filter(
      ([path]) => !path.startsWith('.mt/') && (shared.has(path) || !copied.has(path)),
    ),
  );
  const format = newProjectFormat(textOf(project.files, '.prettierrc'));
  const files = mergeFiles(
    sources,
    await formatFiles(rendered, format),
    users.migration,
    users.journal,
  );
  if (!options.spec) {
    for (const path of files.keys()) if (path.endsWith('.spec.ts')) files.delete(path);
  }
  return { files, ...parted(files, users), assets: tenancy.assets };
}

/** Whose each file is: all but what is history, or belongs to a tool. */
function parted(
  files: RenderedFiles,
  users: RenderedResource,
): Pick<RenderedParts, 'ofApp' | 'ofUsers'> {
  const ofApp = new Map<string, string>();
  const ofUsers = new Map<string, string>();
  for (const [path, text] of files) {
    const isHistory =
      users.migrations.has(path) || users.journal.has(path) || users.migration.has(path);
    if (isHistory || path.startsWith('.mt/')) continue;
    const isOfUsers = users.code.has(path) && !path.startsWith(SHARED);
    (isOfUsers ? ofUsers : ofApp).set(path, text);
  }
  return { ofApp, ofUsers };
}

function textOf(files: RenderedFiles, path: string): string {
  const text = files.get(path);
  if (text === undefined) throw new Error(`The templates have no ${path}`);
  return text;
}

/**
 * The text of the application's module with more modules in its imports. It is a template of ours, so its lines will
 * do: to load what edits the modules of users would take a tenth of the time that an application takes.
 */
function withModules(
  text: string,
  modules: readonly { readonly symbol: string; readonly file: string }[],
): string {
  const lines = text.split('\n');
  const own = lines.filter((line) => /^import .* from '\./.test(line));
  const added = modules.map(
    ({ symbol, file }) => `import { ${symbol} } from '${importPath(APP_MODULE, file)}';`,
  );
  lines.splice(lines.indexOf(own[0] ?? ''), own.length, ...sortImports([...own, ...added]));
  const symbols = modules.map(({ symbol }) => symbol).join(', ');
  const imports = /^  imports: \[[^\]]*?(?=,?\s*\])/m;
  if (!imports.test(text)) throw new Error(`The template of ${APP_MODULE} has no imports`);
  return lines.join('\n').replace(imports, (found) => `${found}, ${symbols}`);
}

const USERS: Pick<ResourceInput, 'names' | 'fields'> = {
  names: resourceNames('users'),
  fields: parseFields('name:string(255) email:email:unique', 'users'),
};

/** The first resource comes from the same place as all later ones. */
function renderUsers({ orm }: NormalizedOptions): RenderedResource {
  return renderResource({
    ...USERS,
    orm,
    migrations: { files: new Map(), now: FIRST_MIGRATION },
  });
}

/** The barrels hold the first resource only, so there is nothing to edit yet. */
function barrels(users: RenderedResource): Map<string, string> {
  const files = new Map<string, string>();
  for (const { barrel, file, symbol } of users.registrations.exports) {
    const line = `export ${symbol ? `{ ${symbol} }` : '*'} from '${importPath(barrel, file)}';\n`;
    files.set(barrel, (files.get(barrel) ?? '') + line);
  }
  return files;
}

/** What was generated, and with which options. */
function records(options: NormalizedOptions): RenderedFiles {
  const { spec } = options;
  return new Map([
    [APP_FILE, appRecord(options)],
    resourceRecord(USERS.names, USERS.fields, {
      folder: `src/${USERS.names.plural.kebab}`,
      tests: spec,
      registered: true,
    }),
  ]);
}
