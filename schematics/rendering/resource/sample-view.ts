import { columnTypeOf } from './column-type';
import type { ResourceField } from './field';

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
};

export function sampleView(fields: readonly ResourceField[]): SampleView {
  // Another value for what is unique would be one more that has to differ.
  const changed = fields.slice(0, 1);
  return {
    first: objectOf(fields, 0, true),
    second: objectOf(fields, 1, true),
    changes: objectOf(changed, 2, true),
    firstJson: objectOf(fields, 0),
    secondJson: objectOf(fields, 1),
    changesJson: objectOf(changed, 2),
    hasUnique: fields.some((field) => field.unique),
    refused: [
      ...(fields.some(isRequired) ? ['{}'] : []),
      ...fields.flatMap((field) =>
        refusedOf(field).map((literal) => `{ ...first, ${field.name}: ${literal} }`),
      ),
    ],
  };
}

function isRequired(field: ResourceField): boolean {
  return !field.optional && field.default === undefined;
}

function objectOf(fields: readonly ResourceField[], example: 0 | 1 | 2, inCode = false): string {
  const members = fields.map((field) => {
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
