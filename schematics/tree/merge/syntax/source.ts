import { ts } from 'ts-morph';

/** A piece of a text that means something: a token or a comment. */
interface Piece {
  readonly start: number;
  /** As it is compared: without what a formatter decides. */
  readonly means: string;
}

/** A text in TypeScript or JSON, parsed, with the means to say whether two places of two texts are the same. */
export class Source {
  readonly text: string;
  readonly file: ts.SourceFile;
  readonly #pieces: readonly Piece[];

  private constructor(text: string, file: ts.SourceFile) {
    this.text = text;
    this.file = file;
    this.#pieces = piecesOf(file);
  }

  /** @returns undefined for what does not parse: conflict markers, half an edit */
  static parse(path: string, text: string): Source | undefined {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, scriptKind(path));
    // Not part of the published types; the way around is a whole program.
    const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly unknown[] };
    return parseDiagnostics.length > 0 ? undefined : new Source(text, file);
  }

  /**
   * What stands between two positions, without white space, quotes, semicolons, trailing commas and commas of lists:
   * equal for two places that say the same.
   */
  meaning(start: number, end: number): string {
    return this.pieces(start, end).join(' ');
  }

  /** The same, one by one. */
  pieces(start: number, end: number): string[] {
    const found: string[] = [];
    for (let i = this.#firstFrom(start); i < this.#pieces.length; i++) {
      const { start: at, means } = this.#pieces[i] as Piece;
      if (at >= end) break;
      if (means !== '') found.push(means);
    }
    return found;
  }

  /** From 1. */
  lineOf(position: number): number {
    return this.file.getLineAndCharacterOfPosition(position).line + 1;
  }

  /** The blanks that the line of a position begins with. */
  indentationAt(position: number): string {
    const line = this.text.slice(this.text.lastIndexOf('\n', position - 1) + 1);
    return /^[ \t]*/.exec(line)?.[0] ?? '';
  }

  #firstFrom(start: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pieces[middle] as Piece).start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function scriptKind(path: string): ts.ScriptKind {
  if (/\.jsonc?$/.test(path)) return ts.ScriptKind.JSON;
  return /\.[cm]?js$/.test(path) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
}

function piecesOf(file: ts.SourceFile): Piece[] {
  const pieces: Piece[] = [];
  const visit = (node: ts.Node, parent: ts.Node): void => {
    const children = node.getChildren(file).filter((child) => !ts.isJSDoc(child));
    if (children.length > 0) {
      for (const child of children) {
        visit(child, node.kind === ts.SyntaxKind.SyntaxList ? parent : node);
      }
      return;
    }
    // An empty list has neither text nor comments of its own.
    if (node.kind === ts.SyntaxKind.SyntaxList) return;
    for (const comment of commentsIn(file.text, node.pos)) {
      pieces.push({ start: comment.pos, means: meaningOfComment(file.text, comment) });
    }
    pieces.push({ start: node.getStart(file, false), means: meaningOf(node, parent, file) });
  };
  visit(file, file);
  return pieces;
}

/** All comments between the token that ends at a position and the next one. */
export function commentsIn(text: string, position: number): ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>();
  for (const comment of ts.getTrailingCommentRanges(text, position) ?? []) {
    found.set(comment.pos, comment);
  }
  for (const comment of ts.getLeadingCommentRanges(text, position) ?? []) {
    found.set(comment.pos, comment);
  }
  return [...found.values()];
}

function meaningOfComment(text: string, { pos, end }: ts.CommentRange): string {
  return text.slice(pos, end).replaceAll(/\s*\n\s*/g, '\n');
}

/** @param parent without the lists in between. Empty for what a formatter puts there or leaves out. */
function meaningOf(token: ts.Node, parent: ts.Node, file: ts.SourceFile): string {
  if (ts.isStringLiteral(token)) {
    const isName = parent !== undefined && 'name' in parent && parent.name === token;
    return isName && /^[\w$]+$/.test(token.text) ? token.text : JSON.stringify(token.text);
  }
  switch (token.kind) {
    case ts.SyntaxKind.EndOfFileToken:
      return '';
    case ts.SyntaxKind.SemicolonToken:
      return ts.isForStatement(parent) ? ';' : '';
    case ts.SyntaxKind.CommaToken:
      return ts.isBinaryExpression(parent) ? ',' : '';
    case ts.SyntaxKind.BarToken:
    case ts.SyntaxKind.AmpersandToken:
      return ts.isUnionTypeNode(parent) || ts.isIntersectionTypeNode(parent)
        ? ''
        : token.getText(file);
    case ts.SyntaxKind.OpenParenToken:
    case ts.SyntaxKind.CloseParenToken:
      return ts.isArrowFunction(parent) && hasPlainParameter(parent) ? '' : token.getText(file);
    default:
      return token.getText(file);
  }
}

/** One of which the parentheses may be left out. */
function hasPlainParameter({ parameters, type, typeParameters }: ts.ArrowFunction): boolean {
  const [only, ...others] = parameters;
  if (!only || others.length > 0 || type || typeParameters) return false;
  return ts.isIdentifier(only.name) && !only.type && !only.initializer && !only.dotDotDotToken;
}
