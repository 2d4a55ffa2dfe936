import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatFiles, newProjectFormat } from '../../schematics/rendering/format';
import { importPath } from '../../schematics/rendering/imports';
import { resourceNames } from '../../schematics/rendering/names';
import type { Orm } from '../../schematics/utility/project';
import { mergeFiles } from '../../schematics/rendering/render';
import { parseFields, renderResource, type Target } from '../../schematics/rendering/resource';

export const ROOT = join(__dirname, '../..');

/** A resource with other fields than all have. */
export interface Given {
  readonly name: string;
  readonly fields: string;
}

/** Renders resources one after the other, each on top of the migrations before it. `users` have an e-mail address. */
export async function renderProject(
  orm: Orm,
  resources: readonly (string | Given)[],
): Promise<Map<string, string>> {
  let files = new Map<string, string>();
  const targets = new Map<string, Target>();
  for (const resource of resources) {
    const { name, fields } =
      typeof resource === 'string' ? { name: resource, fields: fieldsOf(resource) } : resource;
    const parts = { names: resourceNames(name), fields: parseFields(fields, name) };
    const { kebab } = parts.names.plural;
    targets.set(kebab, { ...parts, folder: `src/${kebab}` });
    const rendered = renderResource({
      ...parts,
      orm,
      targets,
      migrations: { files, now: Date.UTC(2026, 0, 1) },
    });
    const code = await formatFiles(rendered.code, newProjectFormat('{ "singleQuote": true }'));
    files = mergeFiles(files, code, rendered.migration, rendered.journal);
    for (const { barrel, file, symbol } of rendered.registrations.exports) {
      const line = `export ${symbol === undefined ? '*' : `{ ${symbol} }`} from '${importPath(barrel, file)}';\n`;
      files.set(barrel, (files.get(barrel) ?? '') + line);
    }
  }
  return files;
}

/** Resources that refer to each other in every way. */
export const RELATED: readonly Given[] = [
  { name: 'users', fields: 'name:string(255) email:email:unique' },
  { name: 'customers', fields: 'name:string(80) owner:ref(users)' },
  { name: 'categories', fields: 'name parent:ref(categories)?' },
  {
    name: 'orders',
    fields:
      "customer:ref(customers) category:ref(categories,cascade)? buyerId:ref(users,'set null')?:unique note:text?",
  },
  // Names of constraints that are longer than PostgreSQL's.
  {
    name: 'international-purchase-order-positions',
    fields:
      'internationalPurchaseOrderParent:ref(orders) internationalPurchaseOrderNumber:int:unique:index:min(1)',
  },
];

const QUOTED = '\'a\\\\b `x` ${y} "so"\'';

/** Defaults of every type, and text that would end what it stands in. */
export const DEFAULTS: Given = {
  name: 'presets',
  fields: [
    'word:text=constructor',
    // In the grammar a backslash stands behind another one.
    `odd:text=${QUOTED.replace('"so"', String.raw`it\'s "so"`)}`,
    `plain:text=${QUOTED}`,
    'n:int=-3 s:smallint=2 b:bigint=-5 d:decimal(5,2)=0.50 f:float=1.5 yes:boolean=false',
    'day:date=2026-01-02 today:date=now at:time=08:00:00',
    'u:uuid=018f2f6e-7c6b-7000-8000-000000000001 e:email=a@example.com w:url=https://example.com/a',
  ].join(' '),
};

function fieldsOf(name: string): string {
  return name === 'users' ? 'name:string(255) email:email:unique' : 'name:string(255)';
}

/** Writes files to a new directory inside the repository, where its packages are found. */
export function writeProject(files: ReadonlyMap<string, string>): string {
  const parent = join(ROOT, '.tmp');
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, 'resource-'));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}
