import { styleText } from 'node:util';

/** Colours text for a terminal; files and pipes, and whoever sets NO_COLOR, get it plain. */
export function paint(
  stream: NodeJS.WriteStream,
  colour: 'red' | 'yellow' | 'green' | 'cyan' | 'blue',
  text: string,
): string {
  return stream.isTTY && !process.env['NO_COLOR'] ? styleText(colour, text) : text;
}

/** Whether there is someone to answer a question. */
export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && !process.env['CI'];
}
