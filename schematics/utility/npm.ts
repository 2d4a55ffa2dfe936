import { existsSync } from 'node:fs';
import { win32 } from 'node:path';
import { SchematicsException } from '@angular-devkit/schematics';

/** A program, and the arguments in front of others: for `execFile`, which asks no shell. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly execPath: string;
  readonly env: NodeJS.ProcessEnv;
  readonly exists: (path: string) => boolean;
}

/**
 * How npm is started. On Windows it is a batch file, which takes a shell, and that would read the paths
 * in the arguments. So Node runs there what the batch file runs.
 */
export function npmCommand(machine: Machine = thisMachine()): Command {
  if (machine.platform !== 'win32') return { program: 'npm', args: [] };
  const script = scriptsOf(machine).find((path) => machine.exists(path));
  if (script === undefined) {
    throw new SchematicsException(
      'npm is found neither beside Node nor on the PATH: install Node with npm, and try again.',
    );
  }
  return { program: machine.execPath, args: [script] };
}

function thisMachine(): Machine {
  const { platform, execPath, env } = process;
  return { platform, execPath, env, exists: existsSync };
}

function scriptsOf({ env, execPath }: Machine): string[] {
  const running = env['npm_execpath'] ?? '';
  const folders = [win32.dirname(execPath), ...(env['PATH'] ?? '').replaceAll('"', '').split(';')];
  return [
    // Other package managers put their own script there.
    ...(win32.basename(running) === 'npm-cli.js' ? [running] : []),
    ...folders.map((folder) => win32.join(folder, 'node_modules/npm/bin/npm-cli.js')),
  ];
}
