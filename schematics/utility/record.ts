import { SchematicsException } from '@angular-devkit/schematics';
import type { ResourceNames } from './names';
import { ownManifest } from './own-manifest';
import type { ResourceField } from './resource/types';

/**
 * What was generated, and from what: kept in `.mt/` and committed with the application, so that later
 * versions can tell what is the team's own. A file for each resource, so that branches that each add
 * one merge.
 */
export const RECORD_FORMAT = 1;

/** The options that decide what an application is made of. */
export interface AppChoices {
  readonly name: string;
  readonly orm: string;
  readonly platform: string;
  readonly isolation: string;
  readonly packageManager: string;
  /** Whether it has unit specs. */
  readonly spec: boolean;
}

/** The options that decide what a resource is made of, apart from its names and fields. */
export interface ResourceChoices {
  /** The folder that it is in. */
  readonly folder: string;
  readonly tests: boolean;
  /** Whether it stands in the `imports` of app.module.ts. */
  readonly registered: boolean;
}

export function appRecord(choices: AppChoices): string {
  return textOf(choices);
}

export function resourceRecord(
  { singular, plural }: ResourceNames,
  fields: readonly ResourceField[],
  { folder, tests, registered }: ResourceChoices,
): readonly [path: string, text: string] {
  return [
    `.mt/resources/${plural.kebab}.json`,
    textOf({
      singular: singular.kebab,
      plural: plural.kebab,
      folder,
      tests,
      registered,
      fields,
    }),
  ];
}

/** @throws SchematicsException for a record that this version cannot read */
export function assertReadable(path: string, { format }: Readonly<Record<string, unknown>>): void {
  // What was made before formats were counted has none.
  if (format === undefined || format === RECORD_FORMAT) return;
  if (typeof format === 'number' && format > RECORD_FORMAT) {
    throw new SchematicsException(
      `${path} was written by a newer version of @mt/schematics (format ${format}; this one reads ${RECORD_FORMAT}): update @mt/schematics here.`,
    );
  }
  throw new SchematicsException(
    `${path} has no format that is known: restore it from version control.`,
  );
}

function textOf(content: object): string {
  const record = { format: RECORD_FORMAT, version: ownManifest().version, ...content };
  return `${JSON.stringify(record, undefined, 2)}\n`;
}
