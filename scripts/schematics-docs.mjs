// npm run docs: writes the tables of docs/schematics.md, from the schemas that the commands are read by and the types
// that fields can have. With --check it writes nothing, and fails where the page is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ensureReady, root } from './setup.mjs';

const PAGE = join(root, 'docs', 'schematics.md');
const GENERATED = /(<!-- generated: ([\w ]+) -->\n)[^]*?(<!-- end -->)/g;

/** What has to stand in brackets. */
const EXAMPLES = {
  'decimal(precision,scale)': ['12', '2'],
  'enum(a|b|c)': ['a'],
  'ref(resource,onDelete)': ['customers'],
};

const { schematics } = JSON.parse(readFileSync(join(root, 'collection.json'), 'utf8'));

ensureReady((step) => console.error(step));
const before = readFileSync(PAGE, 'utf8');
const filled = before.replaceAll(
  GENERATED,
  (_, start, what, end) => `${start}\n${partOf(what)}\n${end}`,
);
const after = await format(filled, { ...(await resolveConfig(PAGE)), filepath: PAGE });
const missing = Object.keys(schematics).filter(
  (name) => !after.includes(`generated: options of ${name} `),
);
if (missing.length > 0) fail(`docs/schematics.md says nothing of ${missing.join(', ')}.`);
if (process.argv.includes('--check')) {
  if (after !== before) fail('docs/schematics.md is not up to date: run "npm run docs".');
} else if (after !== before) {
  writeFileSync(PAGE, after);
}

function partOf(what) {
  const [, schematic] = /^options of (\w+)$/.exec(what) ?? [];
  if (schematic !== undefined) return optionsTable(schematic);
  if (what === 'types of fields') return typesTable();
  return fail(`docs/schematics.md asks for "${what}", which is nothing that is generated.`);
}

function optionsTable(name) {
  const { schema, description, aliases = [] } = schematics[name];
  const { properties } = JSON.parse(readFileSync(join(root, schema), 'utf8'));
  const rows = Object.entries(properties).map(([option, property]) => [
    flagOf(option, property),
    aboutOf(property),
  ]);
  const also = aliases.length > 0 ? ` Also called ${aliases.join(', ')}.` : '';
  return `${description}.${also}\n\n${table(['option', 'what it says'], rows)}`;
}

/** What is given without a flag goes by its name alone. */
function flagOf(option, { $default, alias }) {
  if ($default?.$source === 'argv') return `\`${option}\``;
  const flag = `\`--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``;
  return alias === undefined ? flag : `${flag}, \`-${alias}\``;
}

function aboutOf({ description, enum: choices, default: preset }) {
  const allowed = choices ? ` (${choices.join(', ')})` : '';
  // A switch is off unless it is given.
  return description + allowed + (preset ? ` Default: \`${preset}\`.` : '');
}

function typesTable() {
  const require = createRequire(import.meta.url);
  const { FIELD_TYPES } = require(join(root, 'dist/schematics/rendering/resource/field-types'));
  const rows = Object.values(FIELD_TYPES).map(({ usage, summary, column, kept }) => {
    const context = { typeName: '', valuesName: '' };
    const type = column(EXAMPLES[usage] ?? [], context);
    const { drizzle, property } = type;
    return [
      `\`${usage}\``,
      summary,
      property === '' ? 'its words' : `\`${property}\``,
      `\`${drizzle.sql}\``,
      // Nothing stands behind what the application keeps.
      kept ? '' : (type.limits ?? ''),
      kept ? '' : defaultsOf(type),
      (type.listed ?? []).join(', '),
    ];
  });
  const head = ['type', 'what it is', 'in code', 'in PostgreSQL', 'min, max', 'default', 'lists'];
  return table(head, rows);
}

function defaultsOf({ constant, expressions = {} }) {
  const computed = Object.keys(expressions).map((name) => `\`${name}\``);
  return [...(constant ? ['a value'] : []), ...computed].join(' or ');
}

function table(head, rows) {
  return [lineOf(head), lineOf(head.map(() => '---')), ...rows.map(lineOf)].join('\n');
}

function lineOf(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** @returns {never} */
function fail(reason) {
  console.error(reason);
  process.exit(1);
}
