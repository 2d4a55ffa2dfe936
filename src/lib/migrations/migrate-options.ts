import { isFunction, isSignal, isSwitch, refuseUnknown, unfit, whole } from '../option-checks.js';
import type { MigrationProgress } from './migration-report.js';

export interface MigratorOptions {
  /** Tenants migrated at the same time. Default 4; never more than the pool has connections. */
  concurrency?: number;
}

/** What was found different from what the ledger says, and is to be taken as it is. */
export interface AcceptOptions {
  /**
   * Names of migrations that were edited after some tenants had got the old text. Those stay as they
   * are, and count as having the text that is there now; the others get it.
   */
  acceptChanged?: readonly string[];
  /** Migrations that were renamed, the old name and the new one. The ledger follows. */
  acceptRenamed?: Readonly<Record<string, string>>;
  /** Names of applied migrations that were deleted. What they made stays; they are missed no more. */
  acceptMissing?: readonly string[];
}

export interface MigrateOptions extends AcceptOptions {
  /** Overrides the migrator's own. */
  concurrency?: number;
  /** Goes on to the other tenants after one has failed. Default false. */
  continueOnError?: boolean;
  /** Stops taking up tenants, and waiting for another run; tenants under way are finished. */
  signal?: AbortSignal;
  onProgress?: (progress: MigrationProgress) => void;
  /** Told once where another run has to be waited for. */
  onWait?: () => void;
}

/** The options of a run, checked and complete. */
export interface ResolvedMigrateOptions extends Required<AcceptOptions> {
  readonly concurrency: number;
  readonly continueOnError: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: MigrationProgress) => void) | undefined;
  readonly onWait: (() => void) | undefined;
}

/** @throws ConfigurationError */
export function parseMigratorOptions(options: MigratorOptions): Required<MigratorOptions> {
  refuseUnknown('', options, { concurrency: true });
  const { concurrency = 4 } = options;
  return { concurrency: whole('concurrency', concurrency, 1) };
}

/** @throws ConfigurationError */
export function parseMigrateOptions(
  options: MigrateOptions,
  defaults: Required<MigratorOptions>,
): ResolvedMigrateOptions {
  refuseUnknown('', options, KNOWN);
  const {
    concurrency = defaults.concurrency,
    continueOnError = false,
    signal,
    onProgress,
    onWait,
    acceptChanged = [],
    acceptRenamed = {},
    acceptMissing = [],
  } = options;
  // The text "false" is true to JavaScript.
  isSwitch('continueOnError', continueOnError);
  if (signal !== undefined) isSignal('signal', signal);
  if (onProgress !== undefined) isFunction('onProgress', onProgress);
  if (onWait !== undefined) isFunction('onWait', onWait);
  return {
    concurrency: whole('concurrency', concurrency, 1),
    continueOnError,
    signal,
    onProgress,
    onWait,
    acceptChanged: parseNames('acceptChanged', acceptChanged),
    acceptRenamed: parseRenames(acceptRenamed),
    acceptMissing: parseNames('acceptMissing', acceptMissing),
  };
}

const KNOWN = {
  acceptChanged: true,
  acceptMissing: true,
  acceptRenamed: true,
  concurrency: true,
  continueOnError: true,
  onProgress: true,
  onWait: true,
  signal: true,
} satisfies Record<keyof MigrateOptions, true>;

function parseNames(option: string, names: readonly string[]): readonly string[] {
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw unfit(option, names, 'Set it to the names of migrations, in an array.');
}

function parseRenames(renames: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isObject = typeof renames === 'object' && renames !== null && !Array.isArray(renames);
  if (isObject && Object.values(renames).every((name) => typeof name === 'string')) return renames;
  throw unfit('acceptRenamed', renames, 'Set it to an object of old names and new ones.');
}
