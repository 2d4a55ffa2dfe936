import { unquoteIdentifier } from './identifier.js';
import { tokens, type Statement } from './lexer.js';

/** What stands directly in front of the table that a statement writes to. */
const WRITES: readonly (readonly string[])[] = [
  ['insert', 'into'],
  ['merge', 'into'],
  ['update'],
  ['delete', 'from'],
  ['truncate', 'table'],
  ['truncate'],
  ['copy'],
  ['lock', 'table'],
];

/** Words that may stand between the two, and between a kind of object and its name. */
const MODIFIERS = new Set(['only', 'if', 'not', 'exists', 'concurrently']);

/** Kinds of objects whose name follows, and kinds that stand ON a table. */
const OBJECTS = new Set([
  'aggregate',
  'collation',
  'domain',
  'function',
  'procedure',
  'routine',
  'schema',
  'sequence',
  'statistics',
  'table',
  'type',
  'view',
]);
const ON_TABLES = new Set(['index', 'policy', 'rule', 'trigger']);
const DEFINES = new Set(['alter', 'create', 'drop']);
const MOST_WORDS_TO_KIND = 5;

/**
 * The schemas that a statement names in front of what it writes to, changes or creates: `shared` for
 * `insert into "shared"."countries" …`. Not those that it reads, nor what it names without a schema.
 */
export function writeTargets({ words, start, end }: Statement, text: string): string[] {
  // Most statements read, and their words are enough to tell.
  if (!words.some((word) => STARTS.has(word))) return [];
  const all = tokens(text.slice(start, end));
  const found = new Set<string>();
  for (let i = 0; i < all.length; i++) {
    for (const schema of targetsAt(all, i)) found.add(schema);
  }
  return [...found];
}

const STARTS = new Set([...WRITES.map(([first]) => first), ...DEFINES]);

function* targetsAt(all: readonly string[], index: number): Iterable<string> {
  const write = WRITES.find((words) => words.every((word, i) => all[index + i] === word));
  if (write) {
    let next = index + write.length;
    // TRUNCATE takes a list.
    do {
      next = skipModifiers(all, next);
      yield* schemaAt(all, next);
      next += all[next + 1] === '.' ? 3 : 1;
      if (all[next] === '*') next++;
    } while (write[0] === 'truncate' && all[next++] === ',');
  } else if (index === 0 && DEFINES.has(all[0] ?? '')) {
    yield* definedBy(all);
  }
}

function* definedBy(all: readonly string[]): Iterable<string> {
  const kind = all.findIndex(
    (word, i) => i > 0 && i <= MOST_WORDS_TO_KIND && (OBJECTS.has(word) || ON_TABLES.has(word)),
  );
  if (kind === -1) return;
  if (ON_TABLES.has(all[kind] ?? '')) {
    const on = all.indexOf('on', kind);
    if (on !== -1) yield* schemaAt(all, skipModifiers(all, on + 1));
    // ON UPDATE TO a table, as rules have it.
    const to = all.indexOf('to', on);
    if (on !== -1 && to !== -1) yield* schemaAt(all, to + 1);
  }
  const name = skipModifiers(all, kind + 1);
  // A schema itself is named without a dot behind it.
  if (all[kind] === 'schema') yield* nameOf(all[name]);
  else yield* schemaAt(all, name);
}

function skipModifiers(all: readonly string[], index: number): number {
  let next = index;
  while (MODIFIERS.has(all[next] ?? '')) next++;
  return next;
}

/** The schema of a name that stands here, if it has one. */
function* schemaAt(all: readonly string[], index: number): Iterable<string> {
  if (all[index + 1] === '.') yield* nameOf(all[index]);
}

function* nameOf(token: string | undefined): Iterable<string> {
  if (token !== undefined) yield unquoteIdentifier(token);
}
