import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import type { NameForms, ResourceNames } from '../rendering/names';
import type { FieldScope, Targets } from '../rendering/resource';
import { readAllBases, readBase } from '../tree/base';
import { findMoves } from '../tree/moved-files';
import { readAllRecorded, recordedFolder, type RecordedResource } from './recorded';

/** The resources that others can refer to. */
export function recordedTargets(tree: Tree): Targets {
  return new Map(
    readAllRecorded(tree).map((recorded) => [
      recorded.names.plural.kebab,
      { names: recorded.names, fields: recorded.fields, folder: presentFolder(tree, recorded) },
    ]),
  );
}

/** Where its service is now: the team may have moved it. */
function presentFolder(tree: Tree, recorded: RecordedResource): string {
  const folder = recordedFolder(recorded);
  const service = `${folder}/${recorded.names.plural.kebab}.service.ts`;
  const base = readBase(tree, recorded.names);
  if (tree.exists(service) || !base) return folder;
  const to = findMoves(tree, base, new Map(), () => readAllBases(tree)).get(service);
  return to === undefined ? folder : posix.dirname(to);
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
