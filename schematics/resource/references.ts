import type { Tree } from '@angular-devkit/schematics';
import type { NameForms, ResourceNames } from '../rendering/names';
import type { FieldScope, Targets } from '../rendering/resource';
import { readAllRecorded, recordedFolder } from './recorded';

/** The resources that others can refer to. */
export function recordedTargets(tree: Tree): Targets {
  return new Map(
    readAllRecorded(tree).map((recorded) => [
      recorded.names.plural.kebab,
      { names: recorded.names, fields: recorded.fields, folder: recordedFolder(recorded) },
    ]),
  );
}

/** What the fields of a resource can refer to, itself included. */
export function referenceScope(tree: Tree, own: ResourceNames): FieldScope {
  const all = [...recordedTargets(tree).values()].map(({ names }) => names);
  const spellings = [...all, own].flatMap(({ singular, plural }) =>
    [...spellingsOf(singular), ...spellingsOf(plural)].map(
      (spelling) => [spelling, plural.kebab] as const,
    ),
  );
  return { resources: new Map(spellings), own: own.plural.kebab };
}

function spellingsOf({ kebab, camel, snake }: NameForms): string[] {
  return [kebab, camel.toLowerCase(), snake];
}
