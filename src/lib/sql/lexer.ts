/**
 * The schema in which tenant tables are declared. It stands for the schema of the tenant in
 * context, and never exists under this name in a tenant's database.
 *
 * Written `"$tenant"`, it is replaced wherever it is a name, also where that is the name of a column
 * or an alias. `"$TENANT"` and `U&"$tenant"` are other names, and are left alone.
 */
export const TENANT_MARKER = '$tenant';

/** One statement of a text. */
export interface Statement {
  /** Offsets in the text, without the semicolon. */
  readonly start: number;
  readonly end: number;
  /**
   * Its words in lower case and its quoted names as they are: `['select', '"id"', 'from', …]`; for a
   * name spelt by escapes {@link ESCAPED_NAME}, and `;` for a semicolon that does not end it.
   */
  readonly words: readonly string[];
  /** Whether it names the marker schema. */
  readonly marked: boolean;
}

export interface LexedText {
  /** The text around the marker: joined by a quoted schema name, they are the text again. */
  readonly segments: readonly string[];
  readonly statements: readonly Statement[];
}

/** Stands among the words for `U&"…"`, a name that is not read. */
export const ESCAPED_NAME = 'U&""';

const MARKER = `"${TENANT_MARKER}"`;
const WORD = /[a-z0-9_$\u0080-\uffff]*/iy;
/** Without letters that PostgreSQL 14 takes for the next word, and later versions refuse. */
const NUMBER = /(?:0[xob][0-9a-f_]+|[0-9][0-9_]*)(?:e[+-]?[0-9]+)?/iy;
const DOLLAR_TAG = /\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$/iy;
const PARAMETER = /\$[0-9]+/y;

/**
 * Reads SQL the way PostgreSQL's scanner does, as far as it takes to know where the marker schema
 * stands as an identifier (and not in a string, a comment, a dollar quote or data) and where one
 * statement ends and the next begins. It relies on `standard_conforming_strings` being on.
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
  /** Whether inside `BEGIN ATOMIC … END`, whose semicolons do not end the statement. */
  let atomic = false;
  /** Nor do those inside of parentheses: `CREATE RULE … DO (insert …; delete …)`. */
  let parentheses = 0;
  /** The token before: a word, the marker, or the first character of anything else. */
  let previous = '';

  const endStatement = (end: number) => {
    if (start !== -1) {
      statements.push({ start, end, words, marked });
    }
    start = -1;
    words = [];
    marked = false;
    atomic = false;
    parentheses = 0;
    previous = '';
  };

  let i = 0;
  while (i < text.length) {
    const from = i;
    i = endOfGap(text, from);
    if (i > from) continue;
    const char = text.charAt(from);
    if (char === ';' && !atomic && parentheses === 0) {
      endStatement(from);
      i++;
      continue;
    }
    if (start === -1) start = from;
    i = endOfToken(text, from);
    const before = previous;
    previous = char;
    if (isWord(text, from, i)) {
      const word = text.slice(from, i).toLowerCase();
      if (parentheses === 0) atomic = isInBody(atomic, word, before, words);
      words.push(word);
      previous = word;
    } else if (char === '"') {
      const name = text.slice(from, i);
      words.push(name);
      if (name === MARKER) {
        marked = true;
        segments.push(text.slice(segmentStart, from));
        segmentStart = i;
        previous = MARKER;
      }
    } else if (char === '(') {
      parentheses++;
    } else if (char === ')') {
      parentheses--;
    } else if (char === ';') {
      words.push(char);
    } else if (char === 'u' || char === 'U') {
      words.push(ESCAPED_NAME);
    }
  }
  endStatement(text.length);
  segments.push(text.slice(segmentStart));
  return { segments, statements };
}

/**
 * All tokens of a text, without space and comments: words in lower case, everything else as it is
 * written, operators character by character.
 */
export function tokens(text: string): string[] {
  const found: string[] = [];
  let i = 0;
  while (i < text.length) {
    const from = i;
    i = endOfGap(text, from);
    if (i > from) continue;
    i = endOfToken(text, from);
    const token = text.slice(from, i);
    found.push(isWord(text, from, i) ? token.toLowerCase() : token);
  }
  return found;
}

/** Whether the token is a word, and neither `E'…'` nor `U&"…"` nor anything else. */
function isWord(text: string, from: number, end: number): boolean {
  if (!startsWord(text.charCodeAt(from))) return false;
  if (end === from + 1) return true;
  const second = text.charAt(from + 1);
  return second !== "'" && second !== '&';
}

/** A letter, `_`, and whatever is not ASCII. */
function startsWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

/** Space, and `\t`, `\n`, `\v`, `\f`, `\r`. Any other kind of space is part of a name. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Behind the token that begins here; of an operator, behind its first character. */
function endOfToken(text: string, from: number): number {
  if (startsWord(text.charCodeAt(from))) return endOfWord(text, from);
  const char = text.charAt(from);
  if (char === "'") return endOfString(text, from, false);
  if (char === '"') return endOfQuoted(text, from);
  if (char === '$') return endOfDollar(text, from);
  // As one token, so that the letters of 1e5 or 0xff are no word.
  return char >= '0' && char <= '9' ? endOfMatch(NUMBER, text, from) : from + 1;
}

function endOfWord(text: string, from: number): number {
  const end = endOfMatch(WORD, text, from);
  if (end > from + 1) return end;
  const char = text.charAt(from).toLowerCase();
  if (char === 'e' && text.charAt(end) === "'") return endOfEscapeString(text, end);
  // U&"…" names an identifier by escapes; it is never the marker.
  return char === 'u' && text.startsWith('&"', end) ? endOfQuoted(text, end + 1) : end;
}

/** Behind what the pattern finds here, and at least one character on. */
function endOfMatch(sticky: RegExp, text: string, from: number): number {
  sticky.lastIndex = from;
  return sticky.test(text) ? Math.max(sticky.lastIndex, from + 1) : from + 1;
}

/** Behind the white space or the comment that begins here; where it begins if none does. */
function endOfGap(text: string, from: number): number {
  const char = text.charAt(from);
  if (char === '-') return text.charAt(from + 1) === '-' ? endOfLine(text, from) : from;
  if (char === '/') return text.charAt(from + 1) === '*' ? endOfComment(text, from) : from;
  return isSpace(text.charCodeAt(from)) ? from + 1 : from;
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

/**
 * `E'…'` goes on in the next literal, with its escapes, where a line break stands between and
 * nothing but space and line comments.
 */
function endOfEscapeString(text: string, from: number): number {
  let end = endOfString(text, from, true);
  for (;;) {
    let next = end;
    let lines = false;
    while (next < text.length) {
      const char = text.charAt(next);
      if (char === '\n' || char === '\r') lines = true;
      if (isSpace(text.charCodeAt(next))) next++;
      else if (text.startsWith('--', next)) next = endOfLine(text, next);
      else break;
    }
    if (!lines || text.charAt(next) !== "'") return end;
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

function endOfDollar(text: string, from: number): number {
  DOLLAR_TAG.lastIndex = from;
  const tag = DOLLAR_TAG.exec(text)?.[0];
  if (tag === undefined) return endOfMatch(PARAMETER, text, from);
  const end = text.indexOf(tag, from + tag.length);
  return end === -1 ? text.length : end + tag.length;
}

/**
 * Whether the text is in the body of a routine behind this word. Every statement of a body ends in a
 * semicolon, so an `END` is that of the body directly behind one, and of a CASE or a name elsewhere.
 *
 * @see https://www.postgresql.org/docs/current/sql-createfunction.html
 */
function isInBody(
  isInside: boolean,
  word: string,
  previous: string,
  words: readonly string[],
): boolean {
  if (!isInside) return word === 'atomic' && previous === 'begin' && createsRoutine(words);
  return word !== 'end' || (previous !== ';' && previous !== 'atomic');
}

function createsRoutine([first, second, third, fourth]: readonly string[]): boolean {
  if (first !== 'create') return false;
  const kind = second === 'or' && third === 'replace' ? fourth : second;
  return kind === 'function' || kind === 'procedure';
}
