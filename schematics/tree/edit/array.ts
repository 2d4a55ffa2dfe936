import type { ArrayLiteralExpression } from 'ts-morph';
import {
  beginsLine,
  endOfLineAfter,
  indentationAt,
  type Insertion,
  type ParsedSource,
} from './source';

/** Whether an element is the name, calls something of it, or wraps it (`forwardRef(() => Name)`). */
export function mentions(
  { morph }: ParsedSource,
  array: ArrayLiteralExpression,
  name: string,
): boolean {
  return array
    .getDescendantsOfKind(morph.SyntaxKind.Identifier)
    .some((identifier) => identifier.getText() === name);
}

/** Plans a further element at the end, in the way that the others are laid out. */
export function planElement(
  source: ParsedSource,
  array: ArrayLiteralExpression,
  element: string,
): Insertion[] {
  const { text, eol } = source;
  const last = array.getElements().at(-1);
  if (!last) return [planOnlyElement(source, array, element)];

  const start = last.getStart();
  const end = last.getEnd();
  if (!beginsLine(text, start)) return [{ at: end, text: `, ${element}` }];

  const line = eol + indentationAt(text, start) + element;
  const comma = trailingComma(source, array);
  if (comma !== undefined) {
    return [{ at: endOfLineAfter(text, comma), text: `${line},` }];
  }
  const endOfLine = endOfLineAfter(text, end);
  return endOfLine === end
    ? [{ at: end, text: `,${line}` }]
    : [
        { at: end, text: ',' },
        { at: endOfLine, text: line },
      ];
}

function planOnlyElement(
  { text, eol }: ParsedSource,
  array: ArrayLiteralExpression,
  element: string,
): Insertion {
  const closing = array.getEnd() - 1;
  const inside = text.slice(array.getStart() + 1, closing);
  // Comments alone: on lines of their own, or in the line.
  if (inside.includes('\n')) {
    const indentation = indentationAt(text, closing);
    const at = endOfLineBefore(text, closing);
    return { at, text: `${eol}${indentation}  ${element},` };
  }
  return { at: closing, text: /\S$/.test(inside) ? ` ${element}` : element };
}

/** The end of the line before the one that a closing bracket stands on. */
function endOfLineBefore(text: string, position: number): number {
  const lineBreak = text.lastIndexOf('\n', position - 1);
  return text[lineBreak - 1] === '\r' ? lineBreak - 1 : lineBreak;
}

function trailingComma({ morph }: ParsedSource, array: ArrayLiteralExpression): number | undefined {
  const last = array.getFirstChildByKind(morph.SyntaxKind.SyntaxList)?.getLastChild();
  return last?.getKind() === morph.SyntaxKind.CommaToken ? last.getEnd() : undefined;
}
