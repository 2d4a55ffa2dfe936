const BYTE_ORDER_MARK = '\uFEFF';

/** CRLF when most of the text's lines end so, LF otherwise. */
export function lineEnding(text: string): '\n' | '\r\n' {
  const lines = text.split('\n').length - 1;
  const crlf = text.split('\r\n').length - 1;
  return crlf > lines / 2 ? '\r\n' : '\n';
}

/** Gives new text the line endings and the byte-order mark of the file it goes into. */
export function matchTextStyle(text: string, model: string): string {
  const plain = normalize(text).replaceAll('\n', lineEnding(model));
  return model.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK + plain : plain;
}

/** Whether two texts differ in nothing but line endings and the byte-order mark. */
export function sameText(a: string, b: string): boolean {
  return a === b || normalize(a) === normalize(b);
}

function normalize(text: string): string {
  return (text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text).replaceAll('\r\n', '\n');
}
