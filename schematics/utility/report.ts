import type { logging } from '@angular-devkit/core';

/** What a schematic has to say. Which files it creates and updates is told by the CLI. */
export interface Report {
  /** What was added to files that the team owns. */
  readonly changes?: readonly string[];
  /** What is good to know. */
  readonly notes?: readonly string[];
  /** What is not as it was asked for, and what to do about it. */
  readonly warnings?: readonly string[];
  /** What has to be done by hand before anything else: with any, the command ends with status 1. */
  readonly open?: readonly string[];
  readonly next?: readonly NextStep[];
  /** Where to read on. */
  readonly more?: string;
}

/** A command to run, and what it does where that is not plain. */
export interface NextStep {
  readonly command: string;
  readonly purpose?: string;
}

/** Prints the report of a schematic: what was done first, and what to do next last. */
export function printReport(
  logger: logging.LoggerApi,
  { changes = [], notes = [], warnings = [], open = [], next = [], more }: Report,
): void {
  for (const line of [...changes, ...notes]) logger.info(line);
  for (const line of warnings) logger.warn(line);
  for (const line of open) logger.error(line);
  const steps = open.length > 0 ? [FIND_MARKERS, ...next] : next;
  const end = [
    ...(steps.length > 0 ? ['', 'Next:', ...steps.map(describeStep)] : []),
    ...(more === undefined ? [] : ['', more]),
  ];
  if (end.length > 0) logger.info(end.join('\n'));
}

const FIND_MARKERS: NextStep = {
  command: 'git diff --check',
  purpose: 'finds what is left to be resolved',
};

function describeStep({ command, purpose }: NextStep): string {
  return purpose === undefined ? `  ${command}` : `  ${command}  # ${purpose}`;
}
