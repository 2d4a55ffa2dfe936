import { lineEnding, matchTextStyle, sameText } from './text-style';

describe('lineEnding', () => {
  it.each([
    ['', '\n'],
    ['a', '\n'],
    ['a\nb\n', '\n'],
    ['a\r\nb\r\n', '\r\n'],
    ['a\r\nb\r\nc\n', '\r\n'],
    ['a\r\nb\nc\n', '\n'],
  ])('%j → %j', (text, expected) => {
    expect(lineEnding(text)).toBe(expected);
  });
});

describe('matchTextStyle', () => {
  it('gives new text the style of the file it goes into', () => {
    expect(matchTextStyle('a\nb\n', '\uFEFFx\r\n')).toBe('\uFEFFa\r\nb\r\n');
    expect(matchTextStyle('\uFEFFa\r\nb\r\n', 'x\n')).toBe('a\nb\n');
  });
});

describe('sameText', () => {
  it('looks past line endings and the byte-order mark, and at nothing else', () => {
    expect(sameText('a\nb', '\uFEFFa\r\nb')).toBe(true);
    expect(sameText('a\nb', 'a\nb\n')).toBe(false);
  });
});
