// Type-checks the templates as what they become: an application of each ORM and platform, with its own settings,
// against the packages that are installed here. The applications stay in .tmp/templates, where editors find what
// templates import of those that are rendered (templates/tsconfig.json).
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ensureReady, root } from './setup.mjs';

ensureReady((step) => console.log(step));
const require = createRequire(import.meta.url);
const { normalizeOptions } = require('../dist/schematics/app/normalize-options.js');
const { renderApp } = require('../dist/schematics/app/render-app.js');

const applications = [
  { orm: 'drizzle', platform: 'express', isolation: 'schema' },
  { orm: 'drizzle', platform: 'fastify', isolation: 'role' },
  { orm: 'typeorm', platform: 'express', isolation: 'role' },
  { orm: 'typeorm', platform: 'fastify', isolation: 'schema' },
];
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

let wrong = 0;
for (const options of applications) {
  const directory = join(root, '.tmp', 'templates', `${options.orm}-${options.platform}`);
  rmSync(directory, { recursive: true, force: true });
  for (const [path, content] of await renderApp(normalizeOptions({ name: 'app', ...options }))) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const args = [tsc, '-p', directory, '--noEmit', '--incremental', 'false'];
  if (spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0) wrong++;
}
process.exitCode = wrong > 0 ? 1 : 0;
