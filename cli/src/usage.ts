import type { GenerateCommand } from './generate-command';
import { flagName, type OptionsSchema, positionalNames, type Property, typesOf } from './schema';

/** What `--help` shows for one schematic: its options, from its schema. */
export function usage(command: GenerateCommand, schema: OptionsSchema): string {
  const positionals = positionalNames(schema).map((name) => ` [${name}]`);
  const options = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.visible !== false)
    .map(([name, property]): [string, string] => [flag(name, property), about(property)]);
  options.push(['--dry-run, -d', 'Show what would be done; write nothing.']);

  const width = Math.max(...options.map(([left]) => left.length));
  return [
    `nest generate ${command.collection}:${command.schematic}${positionals.join('')} [options]`,
    '',
    ...options.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()),
  ].join('\n');
}

function flag(name: string, property: Property): string {
  const alias = property.alias ? `, -${property.alias}` : '';
  if (typesOf(property).includes('boolean')) return flagName(name) + alias;
  return `${flagName(name)}=<${property.enum?.join('|') ?? typesOf(property)[0] ?? 'value'}>${alias}`;
}

function about(property: Property): string {
  const { description = '' } = property;
  return property.default === undefined
    ? description
    : `${description} (default: ${JSON.stringify(property.default)})`.trim();
}
