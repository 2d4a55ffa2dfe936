// How long does it take to generate? Each is a whole process, ours beside the stock Nest CLI's, from
// the packages as they are published.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from '../support/interleave.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const goals = {
  app_vs_stock: { atMost: 1.2 },
  resource_vs_stock: { atMost: 1 },
};

export async function run({ quick, isChosen, report }) {
  const folder = mkdtempSync(join(tmpdir(), 'mt-bench-generator-'));
  const rounds = quick ? 1 : 9;
  try {
    report('Packing and installing');
    install(folder);
    const ours = (cwd, ...args) =>
      timed(cwd, join(folder, 'node_modules/@mt/cli/bin/nest.js'), args);
    const stock = (cwd, ...args) =>
      timed(cwd, join(folder, 'node_modules/@nestjs/cli/bin/nest.js'), args);
    const app = (round) => ({
      ours: ours(
        folder,
        'g',
        '@mt/schematics:app',
        `ours-${round}`,
        '--orm=drizzle',
        '--skip-install',
        '--skip-git',
      ),
      stock: stock(
        folder,
        'new',
        `stock-${round}`,
        '--skip-install',
        '--skip-git',
        '--package-manager=npm',
      ),
    });
    const resource = (round) => ({
      ours: ours(join(folder, 'ours-0'), 'g', '@mt/schematics:resource', `thing${round}s`),
      stock: stock(
        join(folder, 'stock-0'),
        'g',
        'resource',
        `thing${round}s`,
        '--type=rest',
        '--crud',
      ),
    });
    // Also where it is not asked for: resources need one.
    const apps = ratios('app', app, isChosen('app_vs_stock') ? rounds : 1, report);
    const results = [];
    if (isChosen('app_vs_stock')) results.push(figure('app_vs_stock', apps));
    if (isChosen('resource_vs_stock')) {
      results.push(figure('resource_vs_stock', ratios('resource', resource, rounds, report)));
    }
    return { results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first round warms the caches of the disk, and does not count. */
function ratios(name, measure, rounds, report) {
  const samples = [];
  for (let round = 0; round <= rounds; round++) {
    report(`${name} ${round}/${rounds}`);
    const { ours, stock } = measure(round);
    if (round > 0) samples.push(Math.round((ours / stock) * 1_000) / 1_000);
  }
  return samples;
}

function figure(name, samples) {
  return { name, value: Math.round(median(samples) * 1_000) / 1_000, unit: 'ratio', samples };
}

function timed(cwd, script, args) {
  const started = performance.now();
  must(process.execPath, [script, ...args], cwd);
  return performance.now() - started;
}

function install(folder) {
  for (const workspace of ['src', 'cli', '.']) {
    must('npm', ['pack', '--silent', '--pack-destination', folder], join(ROOT, workspace));
  }
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  must(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      ...tarballs.map((name) => `./${name}`),
      '@nestjs/cli@12',
      '@nestjs/schematics@12',
    ],
    folder,
  );
}

function must(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr || stdout}`);
}
