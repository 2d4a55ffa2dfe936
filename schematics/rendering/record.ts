import { RECORD_FORMAT } from '../utility/record-format';
import { ownManifest } from '../utility/own-manifest';
import type { ResourceNames } from './names';
import type { ResourceField } from './resource';

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

function textOf(content: object): string {
  const record = { format: RECORD_FORMAT, version: ownManifest().version, ...content };
  return `${JSON.stringify(record, undefined, 2)}\n`;
}
