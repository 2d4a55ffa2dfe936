import { posix } from 'node:path';
import { SchematicsException, type Tree } from '@angular-devkit/schematics';
import { type ResourceNames, resourceNames } from '../rendering/names';
import { recordPath, RECORDS } from '../rendering/record';
import { FIELD_TYPES, type ResourceField } from '../rendering/resource';
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

/** Every resource that was generated, by name. */
export function readAllRecorded(tree: Tree): RecordedResource[] {
  return tree
    .getDir(RECORDS)
    .subfiles.filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => parseRecord(`${RECORDS}/${name}`, tree.readText(`${RECORDS}/${name}`)));
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
  const unknown = fields.find((field) => !isField(field));
  if (unknown !== undefined) {
    throw new SchematicsException(
      `${path} has a field that this version of @mt/schematics does not know (${JSON.stringify(unknown)}): update @mt/schematics here.`,
    );
  }
  const flat = posix.basename(folder) !== plural;
  return {
    names: resourceNames(singular, { singular, plural }),
    fields,
    choices: {
      base: flat ? folder : posix.dirname(folder),
      flat,
      tests: tests !== false,
      register: registered !== false,
    },
  };
}

function isField(value: unknown): value is ResourceField {
  if (typeof value !== 'object' || value === null) return false;
  const { name, type } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof type === 'string' && Object.hasOwn(FIELD_TYPES, type);
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
