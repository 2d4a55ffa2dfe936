import { RECORD_FORMAT } from '../utility/record-format';
import { ownManifest } from '../utility/own-manifest';
import type { ResourceNames } from './names';
import { printField, type ResourceField } from './resource';

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
  // Other options may come along, and are nothing that it is made of.
  const { name, orm, platform, isolation, packageManager, spec } = choices;
  return textOf({ name, orm, platform, isolation, packageManager, spec });
}

/** The folder of the records of resources. */
export const RECORDS = '.mt/resources';

export function recordPath({ plural }: ResourceNames): string {
  return `${RECORDS}/${plural.kebab}.json`;
}

export function resourceRecord(
  names: ResourceNames,
  fields: readonly ResourceField[],
  { folder, tests, registered }: ResourceChoices,
): readonly [path: string, text: string] {
  const { singular, plural } = names;
  return [
    recordPath(names),
    textOf({
      singular: singular.kebab,
      plural: plural.kebab,
      folder,
      tests,
      registered,
      fields: fields.map(printField),
    }),
  ];
}

function textOf(content: object): string {
  const record = { format: RECORD_FORMAT, version: ownManifest().version, ...content };
  return `${JSON.stringify(record, undefined, 2)}\n`;
}
