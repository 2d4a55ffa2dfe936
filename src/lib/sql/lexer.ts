/**
 * The schema in which tenant tables are declared. It stands for the schema of the tenant in
 * context, and never exists under this name in a tenant's database.
 */
export const TENANT_MARKER = '$tenant';

/** One statement of a text. */
export interface Statement {
  /** Offsets in the text, without the semicolon. */
  readonly start: number;
  readonly end: number;
  /** Its words in lower case and its quoted names as they are: `['select', '"id"', 'from', …]`. */
  readonly words: readonly string[];
  /** Whether it names the marker schema. */
  readonly marked: boolean;
}

export interface LexedText {
  /** The text around the marker: joined by a quoted schema name, they are the text again. */
  readonly segments: readonly string[];
  readonly statements: readonly Statement[];
}

const MARKER = `"${TENANT_MARKER}"`;
const WORD_START = /[a-z_\u0080-\uffff]/i;
const WORD = /[a-z0-9_$\u0080-\uffff]*/iy;
const DOLLAR_TAG = /\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$/iy;
/** PostgreSQL's own; any other kind of space is part of a name to it. */
const SPACE = /[ \t\n\r\f\v]/;

/**
 * Reads SQL the way PostgreSQL's scanner does, as far as it takes to know where the marker schema
 * stands as an identifier (and not in a string, a comment, a dollar quote or data) and where one
 * statement ends and the next begins.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export function lex(text: string): LexedText {
  const segments: string[] = [];
  const statements: Statement[] = [];
  let segmentStart = 0;
  let start = -1;
  let words: string[] = [];
  let marked = false;
  /** Depth inside `BEGIN ATOMIC … END`, whose semicolons do not end the statement. */
  let atomic = 0;
  /** Nor do those inside of parentheses: `CREATE RULE … DO (insert …; delete …)`. */
  let parentheses = 0;
  /** The token before: a word, or the first character of anything else. */
  let previous = '';

  const endStatement = (end: number) => {
    if (start !== -1) statements.push({ start, end, words, marked });
    start = -1;
    words = [];
    marked = false;
    atomic = 0;
    parentheses = 0;
    previous = '';
  };

  let i = 0;
  while (i < text.length) {
    const char = text.charAt(i);
    const end = endOfGap(text, i);
    if (end > i) {
      i = end;
      continue;
    }
    if (char === ';' && atomic === 0 && parentheses === 0) {
      endStatement(i);
      i++;
      continue;
    }
    if (start === -1) start = i;
    if (WORD_START.test(char)) {
      WORD.lastIndex = i;
      const raw = WORD.exec(text)?.[0] ?? char;
      const word = raw.toLowerCase();
      i += raw.length;
      if (word === 'e' && text.charAt(i) === "'") {
        i = endOfEscapeString(text, i);
      } else if (word === 'u' && text.startsWith('&"', i)) {
        // U&"…" names an identifier by escapes; it is never the marker.
        i = endOfQuoted(text, i + 1);
        words.push('""');
      } else {
        atomic = atomicDepth(atomic, word, previous, words[0]);
        words.push(word);
        previous = word;
        continue;
      }
    } else if (char === "'") {
      i = endOfString(text, i, false);
    } else if (char === '"') {
      const from = i;
      i = endOfQuoted(text, from);
      const name = text.slice(from, i);
      words.push(name);
      if (name === MARKER) {
        marked = true;
        segments.push(text.slice(segmentStart, from));
        segmentStart = i;
      }
    } else if (char === '$') {
      i = endOfDollarQuote(text, i);
    } else if (char >= '0' && char <= '9') {
      // So that the letters of 1e5 or 0xff are no word.
      WORD.lastIndex = i;
      i += Math.max(1, WORD.exec(text)?.[0].length ?? 1);
    } else {
      if (char === '(') parentheses++;
      if (char === ')') parentheses--;
      i++;
    }
    previous = char;
  }
  endStatement(text.length);
  segments.push(text.slice(segmentStart));
  return { segments, statements };
}

/** Behind the white space or the comment that begins here; where it begins if none does. */
function endOfGap(text: string, from: number): number {
  if (SPACE.test(text.charAt(from))) return from + 1;
  if (text.startsWith('--', from)) return endOfLine(text, from);
  return text.startsWith('/*', from) ? endOfComment(text, from) : from;
}

function endOfLine(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\n' || text[i] === '\r') return i;
  }
  return text.length;
}

/** Block comments nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '/' && text[i + 1] === '*') {
      depth++;
      i++;
    } else if (text[i] === '*' && text[i + 1] === '/') {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return text.length;
}

/** From the opening quote to behind the closing one. */
function endOfString(text: string, from: number, backslashEscapes: boolean): number {
  for (let i = from + 1; i < text.length; i++) {
    if (backslashEscapes && text[i] === '\\') {
      i++;
    } else if (text[i] === "'") {
      if (text[i + 1] !== "'") return i + 1;
      i++;
    }
  }
  return text.length;
}

/** `E'…'` goes on in the next literal where a line break stands between, with its escapes. */
function endOfEscapeString(text: string, from: number): number {
  let end = endOfString(text, from, true);
  for (;;) {
    let next = end;
    for (let gap = endOfGap(text, next); gap > next; gap = endOfGap(text, next)) next = gap;
    const continues = text.charAt(next) === "'" && /[\n\r]/.test(text.slice(end, next));
    if (!continues) return end;
    end = endOfString(text, next, true);
  }
}

function endOfQuoted(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '"') {
      if (text[i + 1] !== '"') return i + 1;
      i++;
    }
  }
  return text.length;
}

/** A parameter such as `$1` is no quote. */
function endOfDollarQuote(text: string, from: number): number {
  DOLLAR_TAG.lastIndex = from;
  const tag = DOLLAR_TAG.exec(text)?.[0];
  if (tag === undefined) return from + 1;
  const end = text.indexOf(tag, from + tag.length);
  return end === -1 ? text.length : end + tag.length;
}

function atomicDepth(
  depth: number,
  word: string,
  previous: string,
  command: string | undefined,
): number {
  if (depth === 0) return word === 'atomic' && previous === 'begin' && command === 'create' ? 1 : 0;
  if (word === 'case') return depth + 1;
  return word === 'end' ? depth - 1 : depth;
}
