import fc from 'fast-check';
import { format } from 'prettier';
import { mergeFile } from './index';

/** A declaration with its parts, of which every kind of file has its own spelling. */
interface Item {
  readonly name: string;
  /** Statements, decorators, options or arguments. */
  readonly parts: readonly string[];
  readonly comment?: string;
}

interface Model {
  readonly imports: readonly string[];
  readonly items: readonly Item[];
}

/** The five kinds of files that are generated most. Every word is there once, so that it can be counted. */
const KINDS: Readonly<
  Record<
    string,
    { readonly show: (item: Item) => string; readonly around: (items: string) => string }
  >
> = {
  service: {
    show: ({ name, parts }) =>
      `  ${name}(): void {\n${parts.map((part) => `    this.run('${part}');\n`).join('')}  }\n`,
    around: (items) => `@Injectable()\nexport class Service {\n${items}}\n`,
  },
  dto: {
    show: ({ name, parts }) =>
      `${parts.map((part) => `  @${part}()\n`).join('')}  ${name}!: string;\n`,
    around: (items) => `export class Dto {\n${items}}\n`,
  },
  entity: {
    show: ({ name, parts }) =>
      `  @Column({ ${parts.map((part) => `${part}: 1`).join(', ')} })\n  ${name}!: string;\n`,
    around: (items) => `@Entity()\nexport class Entity {\n${items}}\n`,
  },
  module: {
    show: ({ name, parts }) =>
      `    { provide: '${name}', useValue: { ${parts.map((part) => `${part}: 1`).join(', ')} } },\n`,
    around: (items) => `@Module({\n  providers: [\n${items}  ],\n})\nexport class PartModule {}\n`,
  },
  spec: {
    show: ({ name, parts }) =>
      `  it('${name}', () => {\n${parts.map((part) => `    run('${part}');\n`).join('')}  });\n`,
    around: (items) => `describe('part', () => {\n${items}});\n`,
  },
};

/** Kinds whose parts run in their order. */
const IN_ORDER: ReadonlySet<string> = new Set(['service', 'dto', 'spec']);

function show(kind: string, { imports, items }: Model): string {
  const { show: showItem, around } = KINDS[kind] ?? {};
  if (!showItem || !around) throw new Error(`There is no kind ${kind}`);
  const head = imports.map((name) => `import { ${name} } from './${name}.js';\n`).join('');
  const separator = kind === 'module' ? '' : '\n';
  const shown = items.map(
    (item) => (item.comment ? `  // ${item.comment}\n` : '') + showItem(item),
  );
  return `${head}${head && '\n'}${around(shown.join(separator))}`;
}

const EDITS = [
  'add',
  'addPart',
  'comment',
  'drop',
  'dropPart',
  'import',
  'move',
  'movePart',
  'rename',
  'replacePart',
] as const;

interface Edit {
  readonly kind: (typeof EDITS)[number];
  /** Of what there is, by its remainder. */
  readonly at: number;
  readonly to: number;
}

const edits = fc.array(
  fc.record({
    kind: fc.constantFrom(...EDITS),
    at: fc.nat({ max: 7 }),
    to: fc.nat({ max: 7 }),
  }),
  { minLength: 1, maxLength: 4 },
);

const base: fc.Arbitrary<Model> = fc
  .array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 })
  .map((counts) => ({
    imports: ['B0', 'B1'],
    items: counts.map((count, index) => ({
      name: `b${index}`,
      parts: Array.from({ length: count }, (_, part) => `b${index}p${part}`),
    })),
  }));

/** @param side begins the words that it adds */
function edited(model: Model, list: readonly Edit[], side: string): Model {
  return list.reduce((now, edit, index) => edit1(now, edit, `${side}${index}`), model);
}

function edit1({ imports, items }: Model, { kind, at, to }: Edit, word: string): Model {
  const target = items[at % Math.max(1, items.length)];
  const place = to % (items.length + 1);
  if (kind === 'import') return { imports: [...imports, `I${word}`], items };
  if (kind === 'add' || !target) {
    return { imports, items: items.toSpliced(place, 0, { name: word, parts: [`${word}p`] }) };
  }
  const others = items.filter((item) => item !== target);
  if (kind === 'drop') return { imports, items: others };
  if (kind === 'move') return { imports, items: others.toSpliced(place, 0, target) };
  const changed = changedItem(target, kind, to, word);
  return { imports, items: items.map((item) => (item === target ? changed : item)) };
}

function changedItem(item: Item, kind: Edit['kind'], to: number, word: string): Item {
  const { parts } = item;
  const at = to % (parts.length + 1);
  if (kind === 'rename') return { ...item, name: word };
  if (kind === 'comment') return { ...item, comment: word };
  if (kind === 'addPart') return { ...item, parts: parts.toSpliced(at, 0, `${word}p`) };
  if (kind === 'dropPart') return { ...item, parts: parts.toSpliced(at, 1) };
  const [moved] = parts;
  if (kind === 'movePart' && moved !== undefined) {
    return { ...item, parts: parts.slice(1).toSpliced(at, 0, moved) };
  }
  return { ...item, parts: parts.toSpliced(at, 1, `${word}p`) };
}

const WORD = /\bI?[bty]\d+(?:p\d*)?\b/g;

function wordsOf(text: string): string[] {
  return (text.match(WORD) ?? []).filter((word) => !word.startsWith('I'));
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/^import \{ (\w+) \}/gm)].map(([, name]) => name ?? '');
}

interface Triple {
  readonly kind: string;
  readonly before: Model;
  readonly here: Model;
  readonly there: Model;
  /** What was done, for what a property leaves out. */
  readonly edits: readonly [mine: readonly Edit[], other: readonly Edit[]];
}

const triple: fc.Arbitrary<Triple> = fc
  .tuple(fc.constantFrom(...Object.keys(KINDS)), base, edits, edits)
  .map(([kind, before, mine, other]) => ({
    kind,
    before,
    here: edited(before, mine, 'y'),
    there: edited(before, other, 't'),
    edits: [mine, other],
  }));

function textsOf({ kind, before, here, there }: Triple) {
  return {
    base: show(kind, before),
    yours: show(kind, here),
    theirs: show(kind, there),
  };
}

const asItIs = async (text: string): Promise<string> => text;
/** Overridden to look for more. */
const RUNS = Number(process.env['MERGE_RUNS'] ?? 100);

describe('mergeFile', () => {
  it('changes nothing where theirs changed nothing, and is theirs where you changed nothing', () =>
    fc.assert(
      fc.asyncProperty(triple, async (sides) => {
        const { base: b, yours: y, theirs: t } = textsOf(sides);
        const merge = async (one: string, two: string, three: string) =>
          (await mergeFile('a.ts', { base: one, yours: two, theirs: three }, asItIs)).text ?? two;
        expect(await merge(b, y, b)).toBe(y);
        expect(await merge(b, b, t)).toBe(t);
        expect(await merge(b, y, y)).toBe(y);
      }),
      { numRuns: RUNS },
    ));

  it('loses nothing of either side without a conflict', () =>
    fc.assert(
      fc.asyncProperty(triple, async (sides) => {
        const texts = textsOf(sides);
        const { kind, text = texts.yours, conflicts } = await mergeFile('a.ts', texts, asItIs);
        if (kind === 'conflict') expectShown(texts, text, conflicts.length);
        else expectMerged(sides, texts, text);
      }),
      { numRuns: RUNS },
    ));

  it('keeps the order of what runs in it', () =>
    fc.assert(
      fc.asyncProperty(
        triple.filter(({ kind, edits: [mine, other] }) => {
          // What takes the place of a part that the other side has moved may follow it there.
          const isDone = (list: readonly Edit[], ...kinds: Edit['kind'][]) =>
            list.some((each) => kinds.includes(each.kind));
          const follows =
            (isDone(mine, 'movePart') && isDone(other, 'replacePart', 'dropPart')) ||
            (isDone(other, 'movePart') && isDone(mine, 'replacePart', 'dropPart'));
          return IN_ORDER.has(kind) && !follows;
        }),
        async (sides) => {
          const texts = textsOf(sides);
          const { kind, text = texts.yours } = await mergeFile('a.ts', texts, asItIs);
          if (kind !== 'conflict') expectInOrder(sides, text);
        },
      ),
      { numRuns: RUNS },
    ));

  it('has nothing to do when it runs again', () =>
    fc.assert(
      fc.asyncProperty(triple, async (sides) => {
        const texts = textsOf(sides);
        const { kind, text = texts.yours } = await mergeFile('a.ts', texts, asItIs);
        fc.pre(kind !== 'conflict');
        const again = await mergeFile(
          'a.ts',
          { ...texts, base: texts.theirs, yours: text },
          asItIs,
        );
        expect(again).toMatchObject({ kind: 'unchanged' });
      }),
      { numRuns: RUNS },
    ));

  it('does the same in another layout', () =>
    fc.assert(
      fc.asyncProperty(triple, async (sides) => {
        const texts = textsOf(sides);
        const team = (text: string) =>
          format(text, { parser: 'typescript', useTabs: true, semi: false, printWidth: 120 });
        const yours = await team(texts.yours);
        const {
          kind,
          text = yours,
          conflicts,
        } = await mergeFile('a.ts', { ...texts, yours }, team);
        if (kind === 'conflict') expectShown(texts, text, conflicts.length);
        else {
          expectMerged(sides, texts, text);
          expect(text).toBe(await team(text));
        }
      }),
      { numRuns: RUNS / 5 },
    ));
});

interface Texts {
  readonly base: string;
  readonly yours: string;
  readonly theirs: string;
}

/** Between markers, there is all that either side has. */
function expectShown({ base: before, yours, theirs }: Texts, text: string, count: number): void {
  expect(count).toBeGreaterThan(0);
  expect(text).toMatch(/^<{7,} yours$/m);
  const old = new Set(wordsOf(before));
  const added = [...wordsOf(yours), ...wordsOf(theirs)].filter((word) => !old.has(word));
  expect(wordsOf(text)).toEqual(expect.arrayContaining(added));
}

/**
 * What both have of what there was, and all that either has added, each once. What one side has dropped and the other
 * has made something else of, under another name, is a new thing, and may stay.
 */
function expectMerged(sides: Triple, { base: before, yours, theirs }: Texts, text: string): void {
  const known = new Set(sides.before.items.map(({ name }) => name));
  const reborn = new Set(
    [...sides.here.items, ...sides.there.items]
      .filter(({ name }) => !known.has(name))
      .flatMap(({ parts }) => parts),
  );
  for (const read of [wordsOf, importsOf]) {
    const [was, here, there] = [before, yours, theirs].map((each) => new Set(read(each)));
    if (!was || !here || !there) throw new Error('There are three');
    const all = [...new Set([...was, ...here, ...there])];
    const expected = all.filter((word) =>
      was.has(word) ? here.has(word) && there.has(word) : here.has(word) || there.has(word),
    );
    const found = read(text).filter((word) => expected.includes(word) || !reborn.has(word));
    expect(found.toSorted()).toEqual(expected.toSorted());
  }
}

/** Of two parts, each side that has both and has changed their order decides; so does the only one that has both. */
function expectInOrder({ before, here, there }: Triple, text: string): void {
  const result = wordsOf(text);
  const places = [before, here, there].map(({ items }) => {
    const map = new Map<string, [item: number, part: number]>();
    for (const [item, { parts }] of items.entries()) {
      for (const [part, word] of parts.entries()) map.set(word, [item, part]);
    }
    return map;
  });
  const order = (map: Map<string, [number, number]> | undefined, a: string, b: string) => {
    const [one, two] = [map?.get(a), map?.get(b)];
    return one && two && one[0] === two[0] ? Math.sign(one[1] - two[1]) : 0;
  };
  const [was, mine, other] = places;
  for (const [index, a] of result.entries()) {
    for (const b of result.slice(index + 1)) {
      const [old, yours, theirs] = [order(was, a, b), order(mine, a, b), order(other, a, b)];
      const wanted =
        yours !== old && yours !== 0
          ? yours
          : theirs !== 0 && theirs !== old
            ? theirs
            : yours || theirs;
      if (wanted !== 0) expect(`${a} ${b} ${wanted}`).toBe(`${a} ${b} -1`);
    }
  }
}
