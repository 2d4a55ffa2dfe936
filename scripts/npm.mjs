import { win32 } from 'node:path';

/**
 * How npm is started, without a shell. On Windows it is a batch file, which takes one, and that would
 * read the paths in the arguments: so Node runs the npm that has started this script.
 *
 * @returns the program and its arguments, as `spawn` takes them
 */
export function npm(args, { platform, execPath, env } = process) {
  if (platform !== 'win32') return ['npm', args];
  const script = env.npm_execpath ?? '';
  if (win32.basename(script) !== 'npm-cli.js') throw new Error('Start this with "npm run".');
  return [execPath, [script, ...args]];
}
