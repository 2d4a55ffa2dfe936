import fc from 'fast-check';
import { baseText, DamagedBase, readBaseText } from './base-text';

const FILES = new Map([
  ['src/a.ts', 'const a = 1;\n\n# no comment\n'],
  ['src/b.ts', 'no newline'],
  ['README.md', ''],
]);

it('reads what it has written', () => {
  expect(readBaseText(baseText(FILES))).toEqual(FILES);
});

it('reads any text', () => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\r', ''));
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z/.]{1,20}$/), text), (files) => {
      const map = new Map(Object.entries(files));
      expect(readBaseText(baseText(map))).toEqual(map);
    }),
  );
});

it('reads it with other line ends', () => {
  expect(readBaseText(baseText(FILES).replaceAll('\n', '\r\n'))).toEqual(FILES);
});

it.each([
  ['markers of a conflict', (text: string) => text.replace('\n', '\n<<<<<<< HEAD\n')],
  ['a line of another file', (text: string) => text.replace(/\n(\w+)\|const/, '\nffffff|const')],
  ['a path that was changed', (text: string) => text.replace('src/a.ts', 'src/c.ts')],
])('refuses %s', (_, damage) => {
  const damaged = damage(baseText(FILES));
  expect(damaged).not.toBe(baseText(FILES));
  expect(() => readBaseText(damaged)).toThrow(DamagedBase);
});
