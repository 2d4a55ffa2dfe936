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
  /** Its unquoted words in lower case, in order: `['select', 'id', 'from', …]`. */
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
const SPACE = /\s/;

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

  const endStatement = (end: number) => {
    if (start !== -1) statements.push({ start, end, words, marked });
    start = -1;
    words = [];
    marked = false;
    atomic = 0;
  };

  let i = 0;
  while (i < text.length) {
    const char = text.charAt(i);
    const next = text.charAt(i + 1);
    if (SPACE.test(char)) {
      i++;
      continue;
    }
    if (char === '-' && next === '-') {
      i = endOfLine(text, i);
      continue;
    }
    if (char === '/' && next === '*') {
      i = endOfComment(text, i);
      continue;
    }
    if (char === ';' && atomic === 0) {
      endStatement(i);
      i++;
      continue;
    }
    if (start === -1) start = i;
    if (char === "'") {
      i = endOfString(text, i, false);
    } else if (char === '"') {
      const end = endOfQuoted(text, i);
      if (text.startsWith(MARKER, i) && end === i + MARKER.length) {
        marked = true;
        segments.push(text.slice(segmentStart, i));
        segmentStart = end;
      }
      i = end;
    } else if (char === '$') {
      i = endOfDollarQuote(text, i);
    } else if (WORD_START.test(char)) {
      WORD.lastIndex = i;
      const word = (WORD.exec(text)?.[0] ?? char).toLowerCase();
      i += word.length;
      const quote = text.charAt(i);
      if (quote === "'" && word === 'e') {
        i = endOfString(text, i, true);
      } else if (word === 'u' && quote === '&' && text.charAt(i + 1) === '"') {
        // U&"…" names an identifier by escapes; it is never the marker.
        i = endOfQuoted(text, i + 1);
      } else {
        words.push(word);
        atomic = atomicDepth(atomic, words);
      }
    } else if (char >= '0' && char <= '9') {
      // So that the letters of 1e5 or 0xff are no word.
      WORD.lastIndex = i;
      i += Math.max(1, WORD.exec(text)?.[0].length ?? 1);
    } else {
      i++;
    }
  }
  endStatement(text.length);
  segments.push(text.slice(segmentStart));
  return { segments, statements };
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

function atomicDepth(depth: number, words: readonly string[]): number {
  const word = words.at(-1);
  if (depth === 0) {
    return word === 'atomic' && words.at(-2) === 'begin' && words[0] === 'create' ? 1 : 0;
  }
  if (word === 'case') return depth + 1;
  return word === 'end' ? depth - 1 : depth;
}
