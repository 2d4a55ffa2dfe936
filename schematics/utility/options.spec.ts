import { assertKnownOptions, parseChoice, show, suggest } from './options';

describe('assertKnownOptions', () => {
  it('accepts its own flags and those that the stock CLI always passes', () => {
    const stock = {
      skipImport: false,
      language: 'ts',
      sourceRoot: 'src',
      spec: true,
      flat: false,
      specFileSuffix: 'spec',
      format: false,
    };
    expect(() => assertKnownOptions({ orm: 'drizzle', ...stock }, ['orm'])).not.toThrow();
    expect(() => assertKnownOptions({ 'source-root': 'src' }, [])).not.toThrow();
  });

  it('refuses another one in one line, with the nearest', () => {
    expect(() => assertKnownOptions({ plurall: 'x' }, ['plural', 'singular'])).toThrow(
      'Unknown option --plurall. Did you mean --plural? Known: --plural, --singular.',
    );
  });
});

describe('parseChoice', () => {
  it('gives the choice', () => {
    expect(parseChoice('orm', 'typeorm', ['drizzle', 'typeorm'])).toBe('typeorm');
  });

  it.each([
    [
      'drizle',
      'Unknown value "drizle" for --orm: choose drizzle or typeorm. Did you mean drizzle?',
    ],
    ['prisma', 'Unknown value "prisma" for --orm: choose drizzle or typeorm.'],
    [undefined, 'Unknown value undefined for --orm: choose drizzle or typeorm.'],
  ])('refuses %j in one line', (value, message) => {
    expect(() => parseChoice('orm', value, ['drizzle', 'typeorm'])).toThrow(new Error(message));
  });
});

describe('suggest', () => {
  it.each([
    ['typeor', 'typeorm'],
    ['TypeORM', 'typeorm'],
    ['tpyeorm', 'typeorm'],
    ['x', undefined],
    ['', undefined],
  ])('%j → %j', (value, expected) => {
    expect(suggest(value, ['drizzle', 'typeorm'])).toBe(expected);
  });
});

describe('show', () => {
  it('keeps odd input on one short line', () => {
    const shown = show(`a\nb${'x'.repeat(200)}`);
    expect(shown).not.toContain('\n');
    expect(shown.length).toBeLessThanOrEqual(60);
  });
});
