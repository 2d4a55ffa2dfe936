import { posix } from 'node:path';
import { SchematicsException, type Tree } from '@angular-devkit/schematics';
import { type ResourceNames, resourceNames } from '../rendering/names';
import { recordPath, RECORDS, resourceRecord } from '../rendering/record';
import { parseFields, type ResourceField } from '../rendering/resource';
import { suggest } from '../utility/options';
import { assertReadable } from '../utility/record-format';
import type { Choices } from './choices';

/** What is known of a resource that was generated. */
export interface RecordedResource {
  readonly names: ResourceNames;
  readonly fields: readonly ResourceField[];
  readonly choices: Choices;
}

/**
 * What a resource was made of when it was last generated; undefined where there is none of the name.
 *
 * @throws SchematicsException for a record that this version cannot read
 */
export function readRecorded(tree: Tree, names: ResourceNames): RecordedResource | undefined {
  const path = recordPath(names);
  return tree.exists(path) ? parseRecord(path, tree.readText(path)) : undefined;
}

/** @throws SchematicsException where there is none of the name */
export function requireRecorded(tree: Tree, names: ResourceNames): RecordedResource {
  const recorded = readRecorded(tree, names);
  if (recorded) return recorded;
  const known = readAllRecorded(tree).map(({ names: { plural } }) => plural.kebab);
  const meant = suggest(names.plural.kebab, known);
  throw new SchematicsException(
    `There is no resource ${names.plural.kebab} (${recordPath(names)} is missing)${meant === undefined ? `: there are ${known.join(', ')}.` : `: did you mean ${meant}?`}`,
  );
}

/** Every resource that was generated, by name. */
export function readAllRecorded(tree: Tree): RecordedResource[] {
  return tree
    .getDir(RECORDS)
    .subfiles.filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => parseRecord(`${RECORDS}/${name}`, tree.readText(`${RECORDS}/${name}`)));
}

/** The folder that a resource is in. */
export function recordedFolder({ names, choices: { base, flat } }: RecordedResource): string {
  return flat ? base : `${base}/${names.plural.kebab}`;
}

/** What is to be recorded of a resource: where, and the text. */
export function recordOf(resource: RecordedResource): readonly [path: string, text: string] {
  const { names, fields, choices } = resource;
  return resourceRecord(names, fields, {
    folder: recordedFolder(resource),
    tests: choices.tests,
    registered: choices.register,
  });
}

function parseRecord(path: string, text: string): RecordedResource {
  const record = parseJson(path, text);
  assertReadable(path, record);
  const { singular, plural, folder, tests, registered, fields } = record;
  if (
    typeof singular !== 'string' ||
    typeof plural !== 'string' ||
    typeof folder !== 'string' ||
    !Array.isArray(fields)
  ) {
    throw unreadable(path);
  }
  const flat = posix.basename(folder) !== plural;
  return {
    names: resourceNames(singular, { singular, plural }),
    fields: fields.flatMap((field) => parseFields(asText(path, field), path)),
    choices: {
      base: flat ? folder : posix.dirname(folder),
      flat,
      tests: tests !== false,
      register: registered !== false,
    },
  };
}

/** A field as it is asked for; before there was a grammar, its parts were recorded. */
function asText(path: string, field: unknown): string {
  if (typeof field === 'string') return field;
  const { name, type, length, unique, format } = Object(field) as Record<string, unknown>;
  if (type !== 'varchar') throw unreadable(path);
  const written = format === 'email' ? 'email' : `string(${String(length)})`;
  return `${String(name)}:${written}${unique === true ? ':unique' : ''}`;
}

function parseJson(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw unreadable(path);
}

function unreadable(path: string): SchematicsException {
  return new SchematicsException(
    `${path} is no record of a resource: restore it from version control.`,
  );
}
