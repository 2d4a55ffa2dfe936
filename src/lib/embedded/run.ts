import { execFile, spawn } from 'node:child_process';
import type { ServerUser } from './server-user.js';

/** Runs a program to its end, and returns what it printed. */
export function output(
  program: string,
  args: readonly string[],
  user: ServerUser | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      ...user,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      cwd: '/',
    } as const;
    execFile(program, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

/** Runs a program to its end. Throws what it printed where it fails. */
export function run(
  program: string,
  args: readonly string[],
  user: ServerUser | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...user,
      // The server that pg_ctl starts keeps the streams it inherits; a pipe would never end.
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
      // For the server's account to be allowed into its working directory.
      cwd: '/',
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`${program} failed (${code}): ${errors.trim()}`));
    });
  });
}
