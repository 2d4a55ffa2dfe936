import { type FieldChange, isWidened, type ResourceField } from '../rendering/resource';

/** What is lost by changes of fields, and where a migration can stop: a line each. */
export function risksOf(changes: readonly FieldChange[]): string[] {
  return changes.flatMap(({ before, after }) => {
    if (!after) return before ? dropRisks(before) : [];
    return before ? changeRisks(before, after) : newRisks(after);
  });
}

const RETURN = 'rows that were deleted are there again';

function dropRisks({ name, type }: ResourceField): string[] {
  return [
    `${name}: dropped, with what every tenant has in it`,
    ...(type === 'deleted' ? [`${name}: ${RETURN}`] : []),
  ];
}

function newRisks(field: ResourceField): string[] {
  const { name, optional, unique } = field;
  if (optional) return [];
  if (field.default === undefined) {
    return [
      `${name}: required and without a default, so the migration stops at a tenant that has rows (${name}:…? or ${name}:…=… would not)`,
    ];
  }
  // Those that are computed differ from row to row, but for the moment of a transaction.
  return unique && field.default !== 'uuid'
    ? [
        `${name}: unique, and the same in all rows at first, so the migration stops at a tenant that has two`,
      ]
    : [];
}

function changeRisks(before: ResourceField, after: ResourceField): string[] {
  const { name } = after;
  if (before.type === 'deleted' && after.type !== 'deleted') return [`${name}: ${RETURN}`];
  if (after.type === 'deleted' && before.type !== 'deleted') {
    return [`${name}: rows that have one are not found any more`];
  }
  return [
    ...(isWidened(before, after)
      ? []
      : [
          `${name}: values become ${after.type}, and the migration stops at one that cannot; a part of them may be lost`,
        ]),
    ...(before.optional && !after.optional && after.default === undefined
      ? [
          `${name}: required, so the migration stops at a row that has none (a default would fill it)`,
        ]
      : []),
    ...(!before.unique && after.unique
      ? [`${name}: unique, so the migration stops at two rows that are the same`]
      : []),
    ...(isOtherTarget(before, after)
      ? [
          `${name}: refers to ${after.args[0]}, so the migration stops at a row whose id is none of those`,
        ]
      : []),
    ...(isNarrowed(before, after)
      ? [`${name}: limited, so the migration stops at a row that is beyond the limits`]
      : []),
  ];
}

function isOtherTarget(before: ResourceField, after: ResourceField): boolean {
  return after.type === 'ref' && (before.type !== 'ref' || before.args[0] !== after.args[0]);
}

function isNarrowed(before: ResourceField, after: ResourceField): boolean {
  const lost =
    before.type === 'enum' && after.type === 'enum'
      ? before.args.some((value) => !after.args.includes(value))
      : after.type === 'enum';
  return (
    lost ||
    (after.min !== undefined && !(Number(before.min) >= Number(after.min))) ||
    (after.max !== undefined && !(Number(before.max) <= Number(after.max)))
  );
}
