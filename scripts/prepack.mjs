// Before @mt/schematics is packed: builds everything, and puts the tarballs of the runtime and the
// command line into packages/, so that what this tarball generates can be installed without a registry.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNpm } from './setup.mjs';

const bundle = join(root, 'packages');
rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle);

runNpm(['run', 'build']);
// npm hands its own settings down to scripts: `npm pack --dry-run` must not make this a dry run too.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
);
runNpm(['pack', '--ignore-scripts', '--pack-destination', bundle, './src', './cli'], { env });
