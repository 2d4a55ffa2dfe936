import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CliError } from './cli-error';
import { findPackage, searchPath } from './find-package';

/** Runs the project's @nestjs/cli with the same arguments, terminal, signals and exit status. */
export async function runNestCli(argv: readonly string[]): Promise<number> {
  const script = findNestCli(argv);
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

function findNestCli(argv: readonly string[]): string {
  const found = findPackage('@nestjs/cli', searchPath());
  const bin = found?.manifest.bin;
  const script = typeof bin === 'string' ? bin : bin?.['nest'];
  if (!found || !script) {
    throw new CliError(
      `"${['nest', ...argv].join(' ')}" is a command of @nestjs/cli, which is not installed here. ` +
        'Install it with: npm install --save-dev @nestjs/cli',
    );
  }
  return join(found.directory, script);
}
