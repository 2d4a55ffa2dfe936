import { CliError } from './cli-error';
import { parseGenerateCommand } from './generate-command';
import { buildWhatIsStale } from './build';
import { runNestCli } from './nest-cli';
import { runSchematic } from './run-schematic';
import { paint } from './terminal';

/** Runs the `nest` command and returns its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const generate = parseGenerateCommand(argv);
    if (generate) return await runSchematic(generate);
    if (argv[0] === 'build-stale') return await buildWhatIsStale(argv.slice(1));
    return await runNestCli(argv);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    console.error(paint(process.stderr, 'red', `Error: ${error.message}`));
    return 1;
  }
}
