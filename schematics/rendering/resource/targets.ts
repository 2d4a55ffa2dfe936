import { SchematicsException } from '@angular-devkit/schematics';
import type { ResourceNames } from '../names';
import { columnTypeOf } from './column-type';
import type { ResourceField } from './field';
import type { Reference } from './field-types';

/** A resource that others refer to. */
export interface Target {
  readonly names: ResourceNames;
  readonly fields: readonly ResourceField[];
  /** The folder that it is in: `src/customers`. */
  readonly folder: string;
}

/** Every resource that there is, by what its folder is called. */
export type Targets = ReadonlyMap<string, Target>;

export function referenceOf(field: ResourceField): Reference | undefined {
  return columnTypeOf(field).reference;
}

/** The table that a field refers to. */
export function tableOf({ target }: Reference): string {
  return target.replaceAll('-', '_');
}

/** The property of the row that a reference leads to: `customerId` → `customer`. */
export function relationOf({ name }: ResourceField): string {
  return name.replace(/Id$/, '');
}

/** @throws SchematicsException for a resource that is no longer recorded: it was there when the field was read */
export function targetOf(targets: Targets, target: string): Target {
  const found = targets.get(target);
  if (found) return found;
  throw new SchematicsException(
    `.mt/resources/${target}.json is missing, and another resource refers to ${target}: restore it from version control.`,
  );
}

/** The resources that rows need to be there before, those first that others need; without optional ones. */
export function requiredTargets(
  fields: readonly ResourceField[],
  targets: Targets,
  found: readonly Target[] = [],
): readonly Target[] {
  return fields.reduce<readonly Target[]>((before, field) => {
    const reference = referenceOf(field);
    if (!reference) return before;
    const target = targetOf(targets, reference.target);
    if (before.some(({ names }) => names.plural.kebab === reference.target)) return before;
    const required = target.fields.filter(({ optional }) => !optional);
    return [...requiredTargets(required, targets, before), target];
  }, found);
}

/** Whether what a field refers to leads back to where it is, by one reference or more. */
export function isCircular(own: string, field: ResourceField, targets: Targets): boolean {
  const seen = new Set<string>();
  const leads = (next: ResourceField): boolean => {
    const target = referenceOf(next)?.target;
    if (target === undefined || seen.has(target)) return false;
    if (target === own) return true;
    seen.add(target);
    return (targets.get(target)?.fields ?? []).some(leads);
  };
  return leads(field);
}
