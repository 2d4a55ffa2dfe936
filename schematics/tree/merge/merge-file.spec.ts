import { format } from 'prettier';
import { mergeFile } from './index';

const layout = (text: string): Promise<string> =>
  format(text, { parser: 'typescript', singleQuote: true });

/** What the three sides are where a case does not say more. */
const CLASS = (...members: string[]): string =>
  `class A {\n${members.map((member) => `  ${member}\n`).join('\n')}}\n`;
const MODULE = (...properties: string[]): string =>
  `@Module({\n${properties.map((property) => `  ${property},\n`).join('')}})\nexport class AppModule {}\n`;

async function merge(base: string | undefined, yours: string, theirs: string) {
  return mergeFile('a.ts', { base, yours, theirs }, layout);
}

interface Case {
  readonly title: string;
  readonly base: string;
  readonly yours: string;
  readonly theirs: string;
  /** Whether yours is laid out as the project would. Default true. */
  readonly isLaidOut?: boolean;
  /** The text afterwards; undefined for a conflict. */
  readonly result: string | undefined;
}

const CONFLICT = undefined;

const CASES: readonly Case[] = [
  {
    title:
      'does not guess whether a property with another name is the one that theirs has taken out',
    base: "const a = { 'Content-Type': 'application/json', b: 1 };\n",
    yours: "const a = { Accept: 'application/json', b: 1 };\n",
    theirs: 'const a = { b: 1 };\n',
    result: CONFLICT,
  },
  {
    title: 'does not have a property twice to which both sides gave a name',
    base: 'const a = { one: 1, b: 2 };\n',
    yours: 'const a = { mine: 1, b: 2 };\n',
    theirs: 'const a = { theirs: 1, b: 2 };\n',
    result: CONFLICT,
  },
  {
    title: 'takes out a property beside one that says something else',
    base: "const a = { 'Content-Type': 'application/json', b: 1 };\n",
    yours: "const a = { Accept: 'text/event-stream', b: 1 };\n",
    theirs: 'const a = { b: 1 };\n',
    result: "const a = { Accept: 'text/event-stream', b: 1 };\n",
  },
  {
    title: 'takes a new method where nothing was edited',
    base: CLASS('a() {}'),
    yours: CLASS('a() {}'),
    theirs: CLASS('a() {}', 'b() {}'),
    result: CLASS('a() {}', 'b() {}'),
  },
  {
    title: 'adds a field to a file with another layout, which it keeps',
    isLaidOut: false,
    base: CLASS('a: string;', 'c: string;'),
    yours: 'class A\n{\n    a: string\n    c: string\n}\n',
    theirs: CLASS('a: string;', 'b: number;', 'c: string;'),
    result: 'class A\n{\n    a: string\n\n    b: number;\n    c: string\n}\n',
  },
  {
    title: 'keeps double quotes',
    isLaidOut: false,
    base: "import { a } from 'a';\n\na();\n",
    yours: 'import { a } from "a";\n\na(1);\n',
    theirs: "import { a } from 'a';\nimport { b } from 'b';\n\na();\n",
    result: 'import { a } from "a";\nimport { b } from \'b\';\n\na(1);\n',
  },
  {
    title: 'has the names that both sides import on one line',
    base: "import { x } from 'm';\n",
    yours: "import { a, x } from 'm';\n",
    theirs: "import { b, x } from 'm';\n",
    result: "import { a, b, x } from 'm';\n",
  },
  {
    title: 'has once what both sides import',
    base: "import { x } from 'm';\n",
    yours: "import { x, b } from 'm';\n",
    theirs: "import { x, b } from 'm';\nx();\n",
    result: "import { x, b } from 'm';\nx();\n",
  },
  {
    title: 'imports again what you have dropped and theirs uses',
    base: "import { a, b } from 'm';\n\na();\n\nb();\n",
    yours: "import { a } from 'm';\n\na();\n",
    theirs: "import { a, b } from 'm';\n\na();\n\nb();\n\nfunction f() {\n  b();\n}\n",
    result: "import { a, b } from 'm';\n\na();\n\nfunction f() {\n  b();\n}\n",
  },
  {
    title: 'takes ./x and ./x.js for one',
    base: "import { a } from './x.js';\n",
    yours: "import { a } from './x';\na();\n",
    theirs: "import { a, b } from './x.js';\n",
    result: "import { a, b } from './x';\na();\n",
  },
  {
    title: 'does not order imports that are there for what they do',
    base: "import 'a';\n",
    yours: "import 'a';\nimport 'b';\n",
    theirs: "import 'a';\nimport 'c';\n",
    result: CONFLICT,
  },
  {
    title: 'adds the elements of both sides to an array of classes, yours first',
    base: MODULE('imports: [A]'),
    yours: MODULE('imports: [A, B]'),
    theirs: MODULE('imports: [A, C]'),
    result: MODULE('imports: [A, B, C]'),
  },
  {
    title: 'edits an element beside one that is added',
    base: MODULE('imports: [A.forRoot(a)]'),
    yours: MODULE('imports: [A.forRoot(b)]'),
    theirs: MODULE('imports: [A.forRoot(a), B]'),
    result: MODULE('imports: [A.forRoot(b), B]'),
  },
  {
    title: 'leaves out what you have taken out',
    base: MODULE('imports: [A, B]'),
    yours: MODULE('imports: [A]'),
    theirs: MODULE('imports: [A, B, C]'),
    result: MODULE('imports: [A, C]'),
  },
  {
    title: 'finds one key in two spellings',
    base: 'const a = { x: 1 };\n',
    yours: 'const a = { x: 1, bar };\n',
    theirs: 'const a = { x: 1, bar: 1 };\n',
    result: CONFLICT,
  },
  {
    title: 'takes a quoted key for the same one',
    base: 'const a = { k: 1 };\n',
    yours: "const a = { 'k': 1, l: 1 };\n",
    theirs: 'const a = { k: 2 };\n',
    result: 'const a = { k: 2, l: 1 };\n',
  },
  {
    title: 'has a method once that both sides added alike, far apart',
    base: CLASS('a() {}', 'b() {}'),
    yours: CLASS('n() {}', 'a() {}', 'b() {}'),
    theirs: CLASS('a() {}', 'b() {}', 'n() {}', 'o() {}'),
    result: CLASS('n() {}', 'o() {}', 'a() {}', 'b() {}'),
  },
  {
    title: 'refuses a method that both sides added, and not alike',
    base: CLASS('a() {}', 'b() {}'),
    yours: CLASS('n() { return 1; }', 'a() {}', 'b() {}'),
    theirs: CLASS('a() {}', 'b() {}', 'n() { return 2; }'),
    result: CONFLICT,
  },
  {
    title: 'refuses to delete what you have edited',
    base: CLASS('a() {}', 'b() {}'),
    yours: CLASS('a() {}', 'b() { return 1; }'),
    theirs: CLASS('a() {}'),
    result: CONFLICT,
  },
  {
    title: 'refuses to edit what you have deleted',
    base: CLASS('a() {}', 'b() {}'),
    yours: CLASS('a() {}'),
    theirs: CLASS('a() {}', 'b() { return 1; }'),
    result: CONFLICT,
  },
  {
    title: 'deletes what both have deleted',
    base: CLASS('a() {}', 'b() {}', 'c() {}'),
    yours: CLASS('a() { return 1; }', 'c() {}'),
    theirs: CLASS('a() {}', 'c() {}', 'd() {}'),
    result: 'class A {\n  a() {\n    return 1;\n  }\n\n  c() {}\n\n  d() {}\n}\n',
  },
  {
    title: 'edits a method where you have moved it to',
    base: CLASS('a() {}', 'b() {}', 'c() {}'),
    yours: CLASS('c() {}', 'a() {}', 'b() {}'),
    theirs: CLASS('a() {}', 'b() {}', 'c(x: string) {}'),
    result: CLASS('c(x: string) {}', 'a() {}', 'b() {}'),
  },
  {
    title: 'follows a method that you have renamed',
    base: CLASS(
      'find(id: string, tenant: string) { return this.rows.get(id, tenant); }',
      'rows: Rows;',
    ),
    yours: CLASS(
      'load(id: string, tenant: string) { return this.rows.get(id, tenant); }',
      'rows: Rows;',
    ),
    theirs: CLASS(
      'find(id: string, tenant: string) { return this.rows.get(id, tenant, true); }',
      'rows: Rows;',
    ),
    result:
      'class A {\n  load(id: string, tenant: string) {\n    return this.rows.get(id, tenant, true);\n  }\n\n  rows: Rows;\n}\n',
  },
  {
    title: 'refuses two parameters at one place',
    base: 'function f(a: string) {}\n',
    yours: 'function f(a: string, b: string) {}\n',
    theirs: 'function f(a: string, c: string) {}\n',
    result: CONFLICT,
  },
  {
    title: 'merges a body whose statements are edited apart from each other',
    base: 'function f() {\n  a();\n  b();\n  c();\n}\n',
    yours: 'function f() {\n  a(1);\n  b();\n  c();\n}\n',
    theirs: 'function f() {\n  a();\n  b();\n  c(1);\n}\n',
    result: 'function f() {\n  a(1);\n  b();\n  c(1);\n}\n',
  },
  {
    title: 'refuses two statements at one place',
    base: 'function f() {\n  a();\n}\n',
    yours: 'function f() {\n  a();\n  b();\n}\n',
    theirs: 'function f() {\n  a();\n  c();\n}\n',
    result: CONFLICT,
  },
  {
    title: 'refuses two decorators at one place',
    base: CLASS('@A() x: string;'),
    yours: CLASS('@A() @B() x: string;'),
    theirs: CLASS('@A() @C() x: string;'),
    result: CONFLICT,
  },
  {
    title: 'has the options of both sides in a decorator',
    base: CLASS('@Column({ a: 1 }) x: string;'),
    yours: CLASS('@Column({ a: 1, b: 1 }) x: string;'),
    theirs: CLASS('@Column({ a: 1, c: 1 }) x: string;'),
    result: CLASS('@Column({ a: 1, b: 1, c: 1 }) x: string;'),
  },
  {
    title: 'has a getter and a setter of one name',
    base: CLASS('a() {}'),
    yours: CLASS('a() {}', 'get x() { return 1; }'),
    theirs: CLASS('a() {}', 'set x(value) {}'),
    result: 'class A {\n  a() {}\n\n  get x() {\n    return 1;\n  }\n\n  set x(value) {}\n}\n',
  },
  {
    title: 'refuses two members of an enum of numbers',
    base: 'enum E {\n  A,\n}\n',
    yours: 'enum E {\n  A,\n  B,\n}\n',
    theirs: 'enum E {\n  A,\n  C,\n}\n',
    result: CONFLICT,
  },
  {
    title: 'has the members of both sides of an enum of texts',
    base: "enum E {\n  A = 'a',\n}\n",
    yours: "enum E {\n  A = 'a',\n  B = 'b',\n}\n",
    theirs: "enum E {\n  A = 'a',\n  C = 'c',\n}\n",
    result: "enum E {\n  A = 'a',\n  B = 'b',\n  C = 'c',\n}\n",
  },
  {
    title: 'has the members of both sides of a union',
    base: "type S = 'a' | 'b';\n",
    yours: "type S = 'a' | 'b' | 'c';\n",
    theirs: "type S = 'a' | 'b' | 'd';\n",
    result: "type S = 'a' | 'b' | 'c' | 'd';\n",
  },
  {
    title: 'refuses a property next to what is spread',
    base: 'const a = { ...x, b: 1 };\n',
    yours: 'const a = { ...x, b: 1, c: 1 };\n',
    theirs: 'const a = { ...x, b: 1, d: 1 };\n',
    result: CONFLICT,
  },
  {
    title: 'refuses two services that are injected at one place',
    base: CLASS('constructor(private a: A) {}'),
    yours: CLASS('constructor(private a: A, private b: B) {}'),
    theirs: CLASS('constructor(private a: A, private c: C) {}'),
    result: CONFLICT,
  },
  {
    title: 'refuses two guards, which run in their order',
    base: MODULE('providers: [A]'),
    yours: MODULE('providers: [A, { provide: APP_GUARD, useClass: B }]'),
    theirs: MODULE('providers: [A, { provide: APP_GUARD, useClass: C }]'),
    result: CONFLICT,
  },
  {
    title: 'has the edits of both sides: one to a comment, one below it',
    base: '// one\nfunction f() {\n  a();\n}\n',
    yours: '// one, explained\nfunction f() {\n  a();\n}\n',
    theirs: '// one\nfunction f() {\n  a(1);\n}\n',
    result: '// one, explained\nfunction f() {\n  a(1);\n}\n',
  },
  {
    title: 'leaves a comment on its line',
    base: 'const a = [\n  b, // the first\n];\n',
    yours: 'const a = [\n  b, // the first of all\n];\n',
    theirs: 'const a = [\n  b, // the first\n  c,\n];\n',
    result: 'const a = [\n  b, // the first of all\n  c,\n];\n',
  },
  {
    title: 'refuses what is commented out and edited',
    base: CLASS('a() {}', 'b() {}'),
    yours: CLASS('a() {}', '// b() {}'),
    theirs: CLASS('a() {}', 'b() { return 1; }'),
    result: CONFLICT,
  },
  {
    title: 'keeps a comment that stands for itself',
    base: 'a();\n\nb();\n',
    yours: '// region\n\na();\n\n// end of it\n\nb();\n',
    theirs: 'a();\n\nb(1);\n',
    result: '// region\n\na();\n\n// end of it\n\nb(1);\n',
  },
  {
    title: 'refuses a member that one side renames and the other uses',
    base: CLASS('rows: string[] = [];', 'a() {}'),
    yours: CLASS('lines: string[] = [];', 'a() {}'),
    theirs: CLASS('rows: string[] = [];', 'a() {}', 'b() { return this.rows; }'),
    result: CONFLICT,
  },
  {
    title: 'keeps the comments in a union that theirs adds to',
    base: "type A =\n  | 'a'\n  | 'b';\n",
    yours: "type A =\n  | 'a' // first\n  | 'b';\n",
    theirs: "type A =\n  | 'a'\n  | 'b'\n  | 'c';\n",
    result: "type A =\n  | 'a' // first\n  | 'b'\n  | 'c';\n",
  },
  {
    title: 'keeps the comments in a union that theirs takes from',
    base: "type A =\n  | 'a'\n  | 'b'\n  | 'c';\n",
    yours: "type A =\n  | 'a' // first\n  | 'b' // second\n  | 'c';\n",
    theirs: "type A =\n  | 'a'\n  | 'b';\n",
    result: "type A =\n  | 'a' // first\n  | 'b'; // second\n",
  },
  {
    title: 'appends tests of both sides',
    base: "describe('a', () => {\n  it('b', () => {});\n});\n",
    yours: "describe('a', () => {\n  it('b', () => {});\n\n  it('c', () => {});\n});\n",
    theirs: "describe('a', () => {\n  it('b', () => {});\n\n  it('d', () => {});\n});\n",
    result:
      "describe('a', () => {\n  it('b', () => {});\n\n  it('c', () => {});\n\n  it('d', () => {});\n});\n",
  },
  {
    title: 'does not bring back what you have taken out where you have left nothing else',
    base: CLASS('a() {}'),
    yours: 'class A {}\n',
    theirs: CLASS('b(x: string) { return x; }', 'a() {}'),
    result: 'class A {\n  b(x: string) {\n    return x;\n  }\n}\n',
  },
  {
    title: 'refuses a member to which both sides gave a new name',
    base: CLASS('@Column({ length: 64 }) note!: string;'),
    yours: CLASS('@Column({ length: 64 }) remark!: string;', '@Column({ length: 64 }) y!: string;'),
    theirs: CLASS('@Column({ length: 64 }) hint!: string;'),
    result: CONFLICT,
  },
  {
    title: 'refuses a member that you have taken out and that has a new name in theirs',
    base: CLASS('@Column({ length: 64 }) note!: string;', 'x() {}'),
    yours: CLASS('x() {}'),
    theirs: CLASS('@Column({ length: 64 }) hint!: string;', 'x() {}'),
    result: CONFLICT,
  },
  {
    title: 'merges a member to which both sides gave the same new name',
    base: CLASS('@Column({ length: 64, unique: true }) note!: string;'),
    yours: CLASS('@Column({ length: 64, unique: true, comment: "c" }) hint!: string;'),
    theirs: CLASS('@Column({ length: 65, unique: true }) hint!: string;'),
    result: CLASS("@Column({ length: 65, unique: true, comment: 'c' }) hint!: string;"),
  },
  {
    title: 'refuses a statement between two of which you have changed the order',
    base: 'function f() {\n  a();\n  b();\n}\n',
    yours: 'function f() {\n  b();\n  a();\n}\n',
    theirs: 'function f() {\n  a();\n  c(1, 2);\n  b();\n}\n',
    result: CONFLICT,
  },
  {
    title: 'takes what you have added for new, though it is much like what theirs has taken out',
    base: CLASS('a(x: string) { return this.rows.get(x); }', 'rows: Rows;'),
    yours: CLASS(
      'a(x: string) { return this.rows.get(x); }',
      'y(x: string) { return this.rows.get(x); }',
      'rows: Rows;',
    ),
    theirs: CLASS('rows: Rows;'),
    result: CLASS('y(x: string) { return this.rows.get(x); }', 'rows: Rows;'),
  },
];

describe('mergeFile', () => {
  it.each(CASES)('$title', async ({ isLaidOut = true, result, ...texts }) => {
    const as = (text: string) => (isLaidOut ? layout(text) : Promise.resolve(text));
    const base = await layout(texts.base);
    const yours = await as(texts.yours);
    const theirs = await layout(texts.theirs);
    const merged = await merge(base, yours, theirs);
    if (result === undefined) {
      expect(merged).toMatchObject({ kind: 'conflict' });
      expect(merged.conflicts).not.toEqual([]);
      expect(merged.text).toMatch(/^<<<<<<< yours$/m);
      return;
    }
    expect(merged).toEqual({ kind: expect.any(String), text: await as(result), conflicts: [] });
    const again = await merge(theirs, merged.text ?? '', theirs);
    expect(again.kind).toBe('unchanged');
  });

  it.each(CASES)('has nothing to do where a side has changed nothing: $title', async (texts) => {
    const [base, yours, theirs] = (await Promise.all(
      [texts.base, texts.yours, texts.theirs].map(layout),
    )) as [string, string, string];
    await expect(merge(base, yours, base)).resolves.toMatchObject({ kind: 'unchanged' });
    await expect(merge(base, yours, yours)).resolves.toMatchObject({ kind: 'unchanged' });
    const taken = await merge(base, base, theirs);
    if (theirs !== base) expect(taken.text).toBe(theirs);
  });
});
