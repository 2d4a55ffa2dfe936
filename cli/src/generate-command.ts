/** `nest generate <collection>:<schematic> …`, taken apart. */
export interface GenerateCommand {
  readonly collection: string;
  readonly schematic: string;
  /** Everything else on the command line, in its order. */
  readonly args: readonly string[];
}

/**
 * Reads a command line, or returns undefined when it is not ours: another command, or a schematic
 * without a collection, which @nestjs/cli looks up in the project's nest-cli.json.
 */
export function parseGenerateCommand(argv: readonly string[]): GenerateCommand | undefined {
  const [command, ...rest] = argv;
  if (command !== 'g' && command !== 'generate') return undefined;
  const at = rest.findIndex((arg) => !arg.startsWith('-'));
  const target = rest[at];
  if (target === undefined) return undefined;
  // The last colon, since the collection may be a Windows path.
  const colon = target.lastIndexOf(':');
  if (colon < 1 || colon === target.length - 1) return undefined;
  return {
    collection: target.slice(0, colon),
    schematic: target.slice(colon + 1),
    args: rest.toSpliced(at, 1),
  };
}
