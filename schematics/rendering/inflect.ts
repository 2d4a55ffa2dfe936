import pluralize from 'pluralize';

/** Words that the Latin rules of `pluralize` turn into something that nobody says in code. */
const UNCHANGED_WORDS = [
  'analytics',
  'criteria',
  'data',
  'feedback',
  'logistics',
  'luggage',
  'media',
  'metadata',
];

const IRREGULAR_WORDS: readonly (readonly [singular: string, plural: string])[] = [
  ['basis', 'bases'],
  ['cookie', 'cookies'],
  ['focus', 'focuses'],
  ['schema', 'schemas'],
  ['virus', 'viruses'],
  ['cache', 'caches'],
  ['axis', 'axes'],
  ['canvas', 'canvases'],
  ['lens', 'lenses'],
  ['alias', 'aliases'],
  ['bonus', 'bonuses'],
  ['gas', 'gases'],
  ['quiz', 'quizzes'],
];

export function singularOf(word: string): string {
  if (UNCHANGED_WORDS.includes(word)) return word;
  return irregular(word)?.[0] ?? pluralize.singular(word);
}

export function pluralOf(word: string): string {
  if (UNCHANGED_WORDS.includes(word)) return word;
  return irregular(word)?.[1] ?? pluralize.plural(word);
}

function irregular(word: string): readonly [singular: string, plural: string] | undefined {
  return IRREGULAR_WORDS.find((forms) => forms.includes(word));
}
