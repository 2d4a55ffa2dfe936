import { spawnSync } from 'node:child_process';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as a user elsewhere would: without the settings of the npm that runs the tests. */
export function run(cwd: string, command: string, ...args: string[]): Outcome {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|INIT_CWD$)/i.test(name)),
  );
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    // A test run is no terminal, and CI is where prompts must not appear.
    env: { ...env, CI: 'true' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** The same, for commands that have to succeed; the error says what they printed. */
export function mustRun(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(cwd, command, ...args);
  if (status !== 0) {
    throw new Error(`"${[command, ...args].join(' ')}" ended with ${status}:\n${stdout}${stderr}`);
  }
  return stdout;
}
