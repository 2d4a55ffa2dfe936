import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runNestCli } from './nest-cli';

/** What says how an application is built: nest-cli.json, tsconfig.*.json, webpack.config.js, .swcrc. */
const CONFIGURATION = /\.(?:json|[cm]?[jt]s)$|^\.swcrc$/;
const SOURCES = 'src';
const OUTPUT = 'dist';
const RECORD = join('node_modules', '.cache', 'mt', 'build');

/**
 * `nest build`, where something has changed since the last time: a command of the application that is
 * built first takes a second, and not ten.
 *
 * @returns the exit status
 */
export async function buildWhatIsStale(args: readonly string[]): Promise<number> {
  if (isUpToDate()) return 0;
  // Of before: what is changed while it is built counts as new.
  const inputs = stateOf(inputPaths());
  const status = await runNestCli(['build', ...args]);
  if (status !== 0) return status;
  mkdirSync(dirname(RECORD), { recursive: true });
  writeFileSync(RECORD, `${inputs} ${stateOf([OUTPUT])}`);
  return 0;
}

/** Also not where somebody else has built meanwhile, or has taken a part of it away. */
function isUpToDate(): boolean {
  try {
    return readFileSync(RECORD, 'utf8') === `${stateOf(inputPaths())} ${stateOf([OUTPUT])}`;
  } catch {
    return false;
  }
}

function inputPaths(): string[] {
  return [SOURCES, ...readdirSync('.').filter((name) => CONFIGURATION.test(name))];
}

/** Changes with the names, sizes and times of the files. */
function stateOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) for (const line of describe(path)) hash.update(line);
  return hash.digest('hex');
}

function* describe(path: string): Iterable<string> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isDirectory()) yield `${path} ${stats.size} ${stats.mtimeMs}\n`;
  else for (const name of readdirSync(path).toSorted()) yield* describe(join(path, name));
}
