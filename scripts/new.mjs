// `npm run new -- ../my-saas --orm=drizzle`: an application from this checkout, as long as the packages
// are not published. It brings its own packed copies of them.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ensureReady, root } from './setup.mjs';

const [path, ...options] = process.argv.slice(2);
if (path === undefined || path.startsWith('-')) {
  console.error(
    'Usage: npm run new -- PATH [--orm=drizzle|typeorm] [options of the app schematic]',
  );
  process.exit(path === '--help' ? 0 : 2);
}
// Where it was typed: npm runs scripts at the root of the package.
const target = resolve(process.env.INIT_CWD ?? process.cwd(), path);
ensureReady((step) => console.log(step));
mkdirSync(dirname(target), { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'cli/bin/nest.js'),
    'g',
    `${join(root, 'collection.json')}:app`,
    basename(target),
    ...options,
  ],
  { cwd: dirname(target), stdio: 'inherit' },
);
process.exit(status ?? 1);
