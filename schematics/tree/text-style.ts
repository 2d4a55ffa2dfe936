import type { Tree } from '@angular-devkit/schematics';

export const BYTE_ORDER_MARK = '\uFEFF';

/** A file's text with its byte-order mark, which `tree.readText` drops. */
export function readSource(tree: Tree, path: string): string {
  const content = tree.read(path);
  if (!content) throw new Error(`${path} does not exist`);
  return content.toString('utf8');
}

/** CRLF when most of the text's lines end so, LF otherwise. */
export function lineEnding(text: string): '\n' | '\r\n' {
  const lines = text.split('\n').length - 1;
  const crlf = text.split('\r\n').length - 1;
  return crlf > lines / 2 ? '\r\n' : '\n';
}

/** Gives new text the line endings and the byte-order mark of the file it goes into. */
export function matchTextStyle(text: string, model: string): string {
  const plain = plainText(text).replaceAll('\n', lineEnding(model));
  return model.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK + plain : plain;
}

/** Whether two texts differ in nothing but line endings and the byte-order mark. */
export function sameText(a: string, b: string): boolean {
  return a === b || plainText(a) === plainText(b);
}

export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

/** With LF, and without a byte-order mark. */
export function plainText(text: string): string {
  return withoutByteOrderMark(text).replaceAll('\r\n', '\n');
}
