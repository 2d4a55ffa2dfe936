// Builds @mt/runtime twice, as ESM and as CommonJS, each folder with the package.json that tells
// Node (and TypeScript) which of the two it holds.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

rmSync(join(root, 'dist'), { recursive: true, force: true });
compile('esm', 'module', '--emitDeclarationOnly');
compile('cjs', 'commonjs');
await bundleModules();

function compile(format, type, ...options) {
  execFileSync(process.execPath, [tsc, '-p', join(root, `tsconfig.${format}.json`), ...options], {
    stdio: 'inherit',
  });
  mkdirSync(join(root, 'dist', format), { recursive: true });
  writeFileSync(join(root, 'dist', format, 'package.json'), `{ "type": "${type}" }\n`);
}

/**
 * Node finds, reads and links each module by itself, which for two hundred small ones is a tenth of a
 * second at each start of an application. So there is one for each entry, and what they share.
 */
async function bundleModules() {
  await build({
    entryPoints: Object.values(exports)
      .map((entry) => entry.import?.default)
      .filter((file) => file !== undefined)
      .map((file) => file.replace('./dist/esm/', 'lib/').replace(/\.js$/, '.ts')),
    absWorkingDir: root,
    tsconfig: 'tsconfig.esm.json',
    outdir: 'dist/esm',
    outbase: 'lib',
    chunkNames: 'shared/[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    bundle: true,
    splitting: true,
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  });
}
