/** Whether some words of a statement are these, one behind the other. */
export function follows(words: readonly string[], ...wanted: string[]): boolean {
  return words.some((_, index) => wanted.every((word, offset) => words[index + offset] === word));
}
