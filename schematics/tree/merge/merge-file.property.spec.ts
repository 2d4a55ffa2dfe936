import fc from 'fast-check';
import { format, type Options } from 'prettier';
import { ts } from 'ts-morph';
import { mergeFile } from './index';

/** A file as generators write them, as far as edits can change it. Each word in it occurs nowhere else. */
interface Model {
  imports: string[];
  /** Methods: a name and statements. */
  methods: { name: string; statements: string[] }[];
  /** Elements of `providers` in `@Module`. */
  providers: string[];
  /** Properties of a class, each with a decorator's option. */
  fields: { name: string; option: string }[];
  cases: string[];
}

const BASE: Model = {
  imports: ['ia', 'ib', 'ic'],
  methods: [
    { name: 'ma', statements: ['sa', 'sb', 'sc'] },
    { name: 'mb', statements: ['sd', 'se', 'sf'] },
    { name: 'mc', statements: ['sg', 'sh'] },
  ],
  providers: ['Pa', 'Pb', 'Pc'],
  fields: [
    { name: 'fa', option: 'oa' },
    { name: 'fb', option: 'ob' },
    { name: 'fc', option: 'oc' },
  ],
  cases: ['ca', 'cb', 'cc'],
};

function render({ imports, methods, providers, fields, cases }: Model): string {
  return `import { ${imports.join(', ')} } from 'somewhere';

/** A module. */
@Module({ providers: [${providers.join(', ')}] })
export class AppModule {}

export class Dto {
${fields.map(({ name, option }) => `@Column({ name: '${option}' })\n${name}!: string;\n`).join('\n')}
}

export class Service {
${methods
  .map(
    ({ name, statements }) =>
      `// About ${name}.\n${name}() {\n${statements.map((word) => `call('${word}');`).join('\n')}\n}\n`,
  )
  .join('\n')}
}

describe('all', () => {
${cases.map((word) => `it('does ${word}', () => {\n  expect('${word}').toBe(true);\n});\n`).join('\n')}
});
`;
}

/** A change of one list: at a place, in one of a few ways. */
interface Edit {
  readonly list: number;
  readonly at: number;
  readonly way: 'add' | 'remove' | 'change' | 'move';
}

/** @param side is in all words that its edits bring */
function edited(side: string, edits: readonly Edit[]): Model {
  const model = structuredClone(BASE);
  for (const [number, { list, at, way }] of edits.entries()) {
    const word = `${side}${number}`;
    const lists: (() => void)[] = [
      () => change(model.imports, at, way, word, () => word),
      () => change(model.providers, at, way, word, () => word),
      () => change(model.cases, at, way, word, () => word),
      () =>
        change(model.fields, at, way, { name: word, option: `o${word}` }, (field) => ({
          ...field,
          option: word,
        })),
      () =>
        change(model.methods, at, way, { name: word, statements: [`s${word}`] }, (method) => ({
          ...method,
          statements: [...method.statements, word],
        })),
      () => {
        const { statements } = model.methods[at % model.methods.length] ?? { statements: [] };
        change(statements, at, way === 'move' ? 'change' : way, word, () => word);
      },
    ];
    lists[list % lists.length]?.();
  }
  return model;
}

function change<T>(
  list: T[],
  place: number,
  way: Edit['way'],
  added: T,
  other: (item: T) => T,
): void {
  const at = list.length === 0 ? 0 : place % list.length;
  const item = list[at];
  if (way === 'add' || item === undefined) list.splice(place % (list.length + 1), 0, added);
  else if (way === 'change') list[at] = other(item);
  else if (list.length > 1) {
    list.splice(at, 1);
    if (way === 'move') list.splice((at + 1) % (list.length + 1), 0, item);
  }
}

const edits = fc.array(
  fc.record({
    list: fc.nat(5),
    at: fc.nat(5),
    way: fc.constantFrom('add', 'remove', 'change', 'move'),
  }),
  { minLength: 1, maxLength: 6 },
);

const OURS: Options = { parser: 'typescript', singleQuote: true };

/** How teams lay their code out. */
const LAYOUTS: readonly Options[] = [
  OURS,
  { parser: 'typescript', useTabs: true, printWidth: 120 },
  { parser: 'typescript', semi: false, trailingComma: 'none', printWidth: 60 },
];

const layout = (text: string): Promise<string> => format(text, OURS);

function wordsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

it('loses nothing, invents nothing and does nothing twice', async () => {
  const base = await layout(render(BASE));
  let merged = 0;
  let conflicts = 0;
  await fc.assert(
    fc.asyncProperty(edits, edits, fc.nat(2), async (mine, others, style) => {
      const theirs = await layout(render(edited('t', others)));
      const yours = await format(render(edited('y', mine)), LAYOUTS[style] ?? OURS);
      const {
        kind,
        text,
        conflicts: found,
      } = await mergeFile('a.ts', { base, yours, theirs }, layout);
      if (kind === 'conflict') {
        conflicts++;
        expect(found).not.toEqual([]);
        // What each side has brought is there to choose from.
        const shown = wordsOf(text ?? '');
        const known = wordsOf(base);
        const brought = [...wordsOf(yours).keys(), ...wordsOf(theirs).keys()];
        expect(brought.filter((word) => !known.has(word) && !shown.has(word))).toEqual([]);
        return;
      }
      merged++;
      const result = text ?? yours;
      expect(ts.transpileModule(result, { reportDiagnostics: true }).diagnostics).toEqual([]);
      const [before, here, there, after] = [base, yours, theirs, result].map(wordsOf) as [
        Map<string, number>,
        Map<string, number>,
        Map<string, number>,
        Map<string, number>,
      ];
      for (const word of new Set([...before.keys(), ...here.keys(), ...there.keys()])) {
        const [inBase, inYours, inTheirs, inResult] = [before, here, there, after].map(
          (counts) => counts.get(word) ?? 0,
        ) as [number, number, number, number];
        // Whoever has changed how often a word occurs is right, unless both have, and then neither is lost.
        const expected = inYours === inBase ? inTheirs : inTheirs === inBase ? inYours : undefined;
        if (expected !== undefined && !COMMON.has(word))
          expect([word, inResult]).toEqual([word, expected]);
      }
      const again = await mergeFile('a.ts', { base: theirs, yours: result, theirs }, layout);
      expect(again.kind).toBe('unchanged');
    }),
    { numRuns: 100 },
  );
  // Otherwise it would prove little.
  expect(merged).toBeGreaterThan(30);
  expect(conflicts).toBeGreaterThan(2);
}, 60_000);

/** Words of the code around, which both sides add. */
const COMMON: ReadonlySet<string> = new Set(
  'About Column call does expect it name string toBe true'.split(' '),
);

it('leaves every byte as it is where nothing new is generated, and takes all of it where nothing was edited', async () => {
  const base = await layout(render(BASE));
  await fc.assert(
    fc.asyncProperty(edits, fc.nat(2), async (some, style) => {
      const changed = await format(render(edited('y', some)), LAYOUTS[style] ?? OURS);
      const theirs = await layout(changed);
      await expect(
        mergeFile('a.ts', { base, yours: changed, theirs: base }, layout),
      ).resolves.toMatchObject({ kind: 'unchanged' });
      await expect(
        mergeFile('a.ts', { base, yours: changed, theirs: changed }, layout),
      ).resolves.toMatchObject({ kind: 'unchanged' });
      const taken = await mergeFile('a.ts', { base, yours: base, theirs }, layout);
      expect(taken.text ?? base).toBe(theirs);
    }),
    { numRuns: 60 },
  );
}, 60_000);
