import { columnTypeOf } from './column-type';
import type { ResourceNames } from '../names';
import type { ResourceField } from './field';
import { referenceOf, requiredTargets, type Target, type Targets } from './targets';

/** What the tests of a resource send and expect: object literals. */
export type SampleView = {
  readonly first: string;
  readonly second: string;
  readonly changes: string;
  /** The same as JSON has them, where that differs. */
  readonly firstJson: string;
  readonly secondJson: string;
  readonly changesJson: string;
  readonly hasUnique: boolean;
  /** Object literals that are refused, one after the other. */
  readonly refused: readonly string[];
  /** What has to be there before, in this order. */
  readonly parents: readonly ParentView[];
  /** Fields that refer to others. */
  readonly references: readonly string[];
};

type ParentView = {
  readonly route: string;
  readonly service: string;
  /** Relative to the project. */
  readonly file: string;
  readonly first: string;
  readonly second: string;
  readonly firstJson: string;
  readonly secondJson: string;
};

export function sampleView(
  names: ResourceNames,
  fields: readonly ResourceField[],
  targets: Targets,
): SampleView {
  const own = names.plural.kebab;
  // Another value for what is unique would be one more that has to differ.
  const changed = fields.slice(0, 1);
  const others = fields.filter((field) => ![undefined, own].includes(referenceOf(field)?.target));
  return {
    first: objectOf(fields, 0, own, true),
    second: objectOf(fields, 1, own, true),
    changes: objectOf(changed, 2, own, true),
    firstJson: objectOf(fields, 0, own),
    secondJson: objectOf(fields, 1, own),
    changesJson: objectOf(changed, 2, own),
    hasUnique: fields.some((field) => field.unique),
    refused: [
      ...(fields.some(isRequired) ? ['{}'] : []),
      ...fields.flatMap((field) =>
        refusedOf(field).map((literal) => `{ ...first, ${field.name}: ${literal} }`),
      ),
    ],
    parents: requiredTargets(others, targets)
      .filter((target) => target.names.plural.kebab !== own)
      .map((target) => parentView(target)),
    references: others.map(({ name }) => name),
  };
}

function parentView({ names: { plural }, fields, folder }: Target): ParentView {
  const required = fields.filter(isRequired);
  return {
    route: plural.kebab,
    service: `${plural.pascal}Service`,
    file: `${folder}/${plural.kebab}.service.ts`,
    first: objectOf(required, 0, plural.kebab, true),
    second: objectOf(required, 1, plural.kebab, true),
    firstJson: objectOf(required, 0, plural.kebab),
    secondJson: objectOf(required, 1, plural.kebab),
  };
}

function isRequired(field: ResourceField): boolean {
  return !field.optional && field.default === undefined;
}

function objectOf(
  fields: readonly ResourceField[],
  example: 0 | 1 | 2,
  own: string,
  inCode = false,
): string {
  const members = fields.map((field) => {
    // The first of its kind has none to refer to.
    if (referenceOf(field)?.target === own) return `${field.name}: null`;
    const { examples, inCode: coded = (literal: string) => literal } = columnTypeOf(field);
    const literal = inCode ? coded(examples[example]) : examples[example];
    return `${field.name}: ${field.array ? `[${literal}]` : literal}`;
  });
  return `{ ${members.join(', ')} }`;
}

function refusedOf(field: ResourceField): string[] {
  const { refused } = columnTypeOf(field);
  const literals = field.array ? [...refused.map((literal) => `[${literal}]`), '{}'] : refused;
  return [...literals, ...(field.optional ? [] : ['null'])];
}
