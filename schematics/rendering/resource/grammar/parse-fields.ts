import { suggest } from '../../../utility/options';
import { columnOf, type ResourceField } from '../field';
import { columnTypeOf, defaultOf, keptOf, typeNames } from '../column-type';
import { FIELD_TYPES, type FieldTypeName, FieldTypeError } from '../field-types';
import { fieldNameProblem } from './field-name';
import { Scanner } from './scanner';

/** Far more than a table has, and far less than PostgreSQL takes. */
const MAX_FIELDS = 200;

/** What else decides what a field can be. */
export interface FieldScope {
  /** The resources that there are, by everything that they may be called, as they are recorded. */
  readonly resources: ReadonlyMap<string, string>;
  /** The resource that the fields are of, as it is recorded. */
  readonly own: string;
}

/**
 * Reads fields as they are asked for, separated by white space:
 *
 *     name[:type[(arg,…)][[]][?]][:unique][:index][:min(n)][:max(n)][=default]
 *
 * @param what what the text is, for errors: `--fields`
 * @param scope left out for what was read before
 * @example
 * parseFields('number:string(32):unique amount:decimal(12,2)=0 dueOn:date?', '--fields');
 * @throws SchematicsException that points at the first character which is wrong
 */
export function parseFields(text: string, what: string, scope?: FieldScope): ResourceField[] {
  const scanner = new Scanner(text, what);
  const fields: ResourceField[] = [];
  scanner.match(/\s*/y);
  while (!scanner.atEnd) {
    const start = scanner.at;
    const next = parseField(scanner, scope);
    const same = fields.find((other) =>
      namesOf(other).some((name) => namesOf(next).includes(name)),
    );
    if (same) throw scanner.error(`"${next.name}" is there twice`, start);
    if (fields.length >= MAX_FIELDS) {
      throw scanner.error(`a resource has ${MAX_FIELDS} fields at most`, start);
    }
    fields.push(next);
    const ended = scanner.at;
    if (scanner.match(/\s*/y) === '' && !scanner.atEnd) {
      throw scanner.error(whatFollows(scanner.text.charAt(ended)), ended);
    }
  }
  return fields;
}

/** What else cannot be called so: a column, the row that a reference leads to, the type of an enum. */
function namesOf(field: ResourceField): string[] {
  const column = columnOf(field);
  switch (field.type) {
    case 'ref':
      return [column, column.replace(/_id$/, '')];
    case 'enum':
      return [column, `type ${typeNames(field).value.pascal}`];
    default:
      return [column];
  }
}

function whatFollows(character: string): string {
  return character === ','
    ? 'fields are separated by spaces, without commas'
    : `${JSON.stringify(character)} is not expected here: a space, or one of ":", "?", "[]", "="`;
}

function parseField(scanner: Scanner, scope: FieldScope | undefined): ResourceField {
  const start = scanner.at;
  const name = parseName(scanner);
  const named = { name, type: 'string', args: [], array: false } as const;
  let field: ResourceField = { ...named, optional: false, unique: false, index: false };
  const places: Places = { type: start, args: [], modifiers: {} };
  let isTyped = false;
  field = { ...field, optional: scanner.take('?') };
  while (scanner.take(':')) {
    const at = scanner.at;
    const word = scanner.match(/[A-Za-z]\w*/y);
    const modified = isModifier(word) ? parseModifier(scanner, word, at, field, places) : undefined;
    if (modified) {
      field = modified;
      continue;
    }
    if (isTyped) throw scanner.error(unknownModifier(word), at);
    const typed = parseType(scanner, word, at, places);
    field = { ...field, ...typed, optional: field.optional || typed.optional };
    isTyped = true;
  }
  if (scanner.take('=')) {
    places.default = scanner.at;
    field = { ...field, default: parseDefault(scanner) };
  }
  if (field.type === 'ref') field = parseReference(scanner, field, places, scope);
  if (keptOf(field)) field = parseKept(scanner, field, start, places);
  check(scanner, field, places);
  return field;
}

/** `customer:ref(customer)` is the field `customerId`, which has an index, and refers to `customers`. */
function parseReference(
  scanner: Scanner,
  field: ResourceField,
  places: Places,
  scope: FieldScope | undefined,
): ResourceField {
  const [given = '', ...more] = field.args;
  const target = scope ? scope.resources.get(given.toLowerCase()) : given;
  if (target === undefined && field.args.length > 0) {
    const meant = suggest(given, [...(scope?.resources.values() ?? [])]);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    throw scanner.error(`there is no resource "${given}"${hint}`, places.args[0]);
  }
  if (scope && target === scope.own && !field.optional) {
    throw scanner.error(
      'a row that refers to one of its own kind may have to be the first: ref(…)?',
      places.type,
    );
  }
  if (more[0] === 'set null' && !field.optional) {
    throw scanner.error('what is set to null is optional: ref(…)?', places.args[1]);
  }
  if (field.array) throw scanner.error('there is no array of references', places.type);
  return {
    ...field,
    name: field.name.endsWith('Id') ? field.name : `${field.name}Id`,
    args: target === undefined ? [] : [target, ...more],
    index: !field.unique,
  };
}

/** `createdAt:created` says it all. */
function parseKept(
  scanner: Scanner,
  field: ResourceField,
  start: number,
  places: Places,
): ResourceField {
  const { name = '', optional = false, default: preset } = keptOf(field) ?? {};
  if (field.name !== name) throw scanner.error(`what is ${field.type} is called ${name}`, start);
  const isMore = field.optional || field.array || field.default !== undefined;
  if (isMore || Object.keys(places.modifiers).some((modifier) => modifier !== 'index')) {
    throw scanner.error(`${name}:${field.type} can have :index, and nothing else`, places.type);
  }
  return { ...field, optional, ...(preset !== undefined && { default: preset }) };
}

/** Where each part of a field stands. */
interface Places {
  type: number;
  args: number[];
  modifiers: Record<string, number>;
  default?: number;
}

function parseName(scanner: Scanner): string {
  const start = scanner.at;
  const written = scanner.match(/[^\s:=?,;()[\]]*/y);
  const { name, problem } = fieldNameProblem(written);
  if (problem !== undefined) throw scanner.error(problem, start);
  return name;
}

function parseType(
  scanner: Scanner,
  word: string,
  at: number,
  places: Places,
): Pick<ResourceField, 'type' | 'args' | 'array' | 'optional'> {
  if (!isType(word)) {
    const meant = suggest(word, Object.keys(FIELD_TYPES));
    const hint =
      meant === undefined
        ? `: known are ${Object.keys(FIELD_TYPES).join(', ')}`
        : `; did you mean "${meant}"?`;
    throw scanner.error(
      word === '' ? `a type is expected${hint}` : `there is no type "${word}"${hint}`,
      at,
    );
  }
  places.type = at;
  const args = scanner.take('(') ? parseArgs(scanner, places) : [];
  const array = scanner.take('[]');
  return { type: word, args, array, optional: scanner.take('?') };
}

function parseArgs(scanner: Scanner, places: Places): string[] {
  const args: string[] = [];
  do {
    scanner.match(/\s*/y);
    places.args.push(scanner.at);
    const value = scanner.quoted() ?? scanner.match(/[^,|()'"\s]*(?:[^\S\r\n]+[^,|()'"\s]+)*/y);
    if (value === '') throw scanner.error('a value is expected');
    args.push(value);
    scanner.match(/\s*/y);
  } while (scanner.match(/[,|]/y) !== '');
  if (!scanner.take(')')) throw scanner.error('")" is expected');
  return args;
}

const MODIFIERS = ['unique', 'index', 'min', 'max'] as const;
type Modifier = (typeof MODIFIERS)[number];

function isModifier(word: string): word is Modifier {
  return (MODIFIERS as readonly string[]).includes(word);
}

function parseModifier(
  scanner: Scanner,
  word: Modifier,
  at: number,
  field: ResourceField,
  places: Places,
): ResourceField {
  if (word in places.modifiers) throw scanner.error(`"${word}" is there twice`, at);
  places.modifiers[word] = at;
  if (word === 'unique' || word === 'index') return { ...field, [word]: true };
  if (!scanner.take('(')) throw scanner.error(`a value is expected: ${word}(1)`);
  places.modifiers[word] = scanner.at;
  const value = scanner.match(/[^\s()]+/y);
  if (value === '') throw scanner.error('a value is expected');
  if (!scanner.take(')')) throw scanner.error('")" is expected');
  return { ...field, [word]: value };
}

function unknownModifier(word: string): string {
  const meant = suggest(word, MODIFIERS);
  return `${word === '' ? 'unique, index, min(…) or max(…) is expected' : `"${word}" is nothing that a field can be`}${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}

function parseDefault(scanner: Scanner): string {
  const quoted = scanner.quoted();
  if (quoted !== undefined) return quoted;
  const value = scanner.match(/[^\s'",;]+/y);
  if (value === '') throw scanner.error('a default is expected');
  return value;
}

/** What a type makes of it. */
function check(scanner: Scanner, field: ResourceField, places: Places): void {
  let type;
  try {
    type = columnTypeOf(field);
  } catch (error) {
    if (!(error instanceof FieldTypeError)) throw error;
    const { part } = error;
    const at = typeof part === 'number' ? places.args[part] : part && places.modifiers[part];
    throw scanner.error(`${FIELD_TYPES[field.type].usage}: ${error.message}`, at ?? places.type);
  }
  for (const limit of ['min', 'max'] as const) {
    if (field[limit] === undefined) continue;
    const problem = field.array
      ? 'an array has no'
      : type.limits
        ? undefined
        : `${field.type} has no`;
    if (problem) throw scanner.error(`${problem} ${limit}`, places.modifiers[limit]);
  }
  if (field.array && field.type === 'json') {
    throw scanner.error('json holds arrays as it is, so there is none of it', places.type);
  }
  if (field.default === undefined) return;
  if (field.array) throw scanner.error('an array has no default', places.default);
  if (/[\p{C}\u2028\u2029]/u.test(field.default)) {
    throw scanner.error('a default is text on one line', places.default);
  }
  // Where drizzle-kit's files are cut.
  if (field.default.includes('--> statement-breakpoint')) {
    throw scanner.error(
      'drizzle-kit ends a statement at "--> statement-breakpoint"',
      places.default,
    );
  }
  if (defaultOf(field)) return;
  const known = Object.keys(type.expressions ?? {});
  throw scanner.error(
    `${field.type} has no such default${known.length > 0 ? ` (it has ${known.join(', ')})` : ''}`,
    places.default,
  );
}

function isType(word: string): word is FieldTypeName {
  return Object.hasOwn(FIELD_TYPES, word);
}
