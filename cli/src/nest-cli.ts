import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './cli-error';
import { findPackage, searchPath } from './find-package';

/** Runs the project's @nestjs/cli with the same arguments, terminal, signals and exit status. */
export async function runNestCli(argv: readonly string[]): Promise<number> {
  const script = findNestCli();
  if (script === undefined) return withoutNestCli(argv);
  const child = spawn(process.execPath, [script, ...argv], { stdio: 'inherit' });

  const forward = (signal: NodeJS.Signals): void => {
    // Ctrl-C on a terminal reaches the child by itself; a second one would make it quit at once.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      if (signal === null) {
        resolve(code ?? 1);
      } else {
        // Die of what the child died of, so that a shell or a supervisor sees the truth.
        process.kill(process.pid, signal);
      }
    });
  });
}

function findNestCli(): string | undefined {
  const found = findPackage('@nestjs/cli', searchPath());
  const bin = found?.manifest.bin;
  const script = typeof bin === 'string' ? bin : bin?.['nest'];
  return found && script ? join(found.directory, script) : undefined;
}

/** Outside of a project: what this command does by itself. */
function withoutNestCli(argv: readonly string[]): number {
  const [command] = argv;
  if (command === undefined || HELP.has(command)) {
    console.log(OWN_HELP);
    return 0;
  }
  if (VERSION.has(command)) {
    console.log(ownVersion());
    return 0;
  }
  const remedy =
    command === 'new' || command === 'n'
      ? 'For a multi-tenant application: nest g @mt/schematics:app <name>. For a plain one: npx @nestjs/cli new <name>'
      : 'Install it with: npm install --save-dev @nestjs/cli';
  throw new CliError(
    `"${['nest', ...argv].join(' ')}" is a command of @nestjs/cli, which is not installed here. ${remedy}`,
  );
}

const HELP: ReadonlySet<string> = new Set(['help', '--help', '-h']);
const VERSION: ReadonlySet<string> = new Set(['--version', '-v', 'info', 'i']);
const OWN_HELP = `nest g <collection>:<schematic> [name] [options]   run a schematic (\`mt\` is the same command)

  nest g @mt/schematics:app my-saas              a multi-tenant application
  nest g @mt/schematics:app --help               its options
  npm run resource -- invoices                   a resource, in the application

All other commands are those of the application's own @nestjs/cli, which is not installed here.`;

function ownVersion(): string {
  const manifest = join(__dirname, '..', 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
