// How good is the merge? Generated files with changes of both sides, merged by ours and by git.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout, makeCorpus } from '../support/merge-corpus.mjs';

const require = createRequire(import.meta.url);
const { ts } = require('ts-morph');
const { mergeFile } = require('../../dist/schematics/tree/merge/index.js');

const SEED = 20261127;

export const goals = {
  conflicts_vs_git: { atMost: 0.4 },
  // Of those alone that the team lays out as they are generated: git compares white space.
  conflicts_vs_git_laid_out_alike: { atMost: 0.4 },
  lost_lines: { atMost: 0 },
  wrong_merges: { atMost: 0 },
  ms_per_file: {},
};

export async function run({ quick, report }) {
  const count = quick ? 40 : 600;
  report(`Making ${count} triples`);
  const corpus = await makeCorpus(count, SEED);
  const folder = mkdtempSync(join(tmpdir(), 'mt-bench-merge-'));
  const found = { ours: 0, git: 0, oursAlike: 0, gitAlike: 0, lost: 0, wrong: 0, milliseconds: 0 };
  try {
    for (const [index, triple] of corpus.entries()) {
      if (index % 50 === 0) report(`merging ${index}/${count}`);
      if (gitConflicts(folder, triple)) {
        found.git++;
        if (triple.isLaidOutAlike) found.gitAlike++;
      }
      const started = performance.now();
      const merge = await mergeFile(triple.path, triple, layout);
      found.milliseconds += performance.now() - started;
      const problems = judge(triple, merge);
      if (merge.kind === 'conflict') {
        found.ours++;
        if (triple.isLaidOutAlike) found.oursAlike++;
      }
      found.lost += problems.lost;
      found.wrong += problems.wrong;
      for (const what of problems.words) report(`${triple.path} (${index}): ${what}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    triples: count,
    conflicts: {
      ours: found.ours,
      git: found.git,
      laidOutAlike: { ours: found.oursAlike, git: found.gitAlike },
    },
    results: [
      figure('conflicts_vs_git', rounded(found.ours / found.git), 'ratio'),
      figure('conflicts_vs_git_laid_out_alike', rounded(found.oursAlike / found.gitAlike), 'ratio'),
      figure('lost_lines', found.lost, 'words that a person wrote'),
      figure('wrong_merges', found.wrong, 'files'),
      figure('ms_per_file', rounded(found.milliseconds / count), 'ms'),
    ],
  };
}

function gitConflicts(folder, { base, yours, theirs }) {
  const paths = Object.entries({ yours, base, theirs }).map(([name, text]) => {
    const path = join(folder, name);
    // Git takes every line for another one where only its end is.
    writeFileSync(path, text.replaceAll('\r\n', '\n'));
    return path;
  });
  return spawnSync('git', ['merge-file', '-p', ...paths]).status !== 0;
}

/** Looks at words alone, and knows nothing of how the merge works. */
function judge({ base, yours, theirs }, { kind, text, conflicts }) {
  const counts = [base, yours, theirs, text ?? yours].map(wordsOf);
  const [before, here, there, after] = counts;
  const isBrought = (word) => /^[yt]\d+n\d+$/.test(word) && !before.has(word);
  const brought = (side) => [...side.keys()].filter(isBrought);
  if (kind === 'conflict') {
    const lost = text === undefined ? [] : brought(here).filter((word) => !after.has(word));
    return { lost: lost.length, wrong: conflicts.length === 0 ? 1 : 0, words: lost };
  }
  const lost = brought(here).filter((word) => !after.has(word));
  const missing = brought(there).filter((word) => !after.has(word));
  // What one side took away, and the other left as it was. An import that is taken away and used is brought back.
  const [code, ...sides] = [base, yours, theirs, text ?? yours].map((whole) =>
    wordsOf(whole.replaceAll(IMPORT, '')),
  );
  const stayed = [...code].filter(([word, count]) => {
    const [mine, others, result] = sides.map((side) => side.get(word) ?? 0);
    if (mine === count && others < count) return result > others && others === 0;
    return others === count && mine < count && result > mine && mine === 0;
  });
  const twice = [...after].filter(
    ([word, count]) =>
      isBrought(word) && count > Math.max(here.get(word) ?? 0, there.get(word) ?? 0),
  );
  const isBroken =
    ts.transpileModule(text ?? yours, { reportDiagnostics: true }).diagnostics.length > 0;
  const words = [
    ...lost,
    ...missing,
    ...stayed.map(([word]) => `${word} stayed`),
    ...twice.map(([word]) => `${word} twice`),
    ...(isBroken ? ['does not parse'] : []),
  ];
  const isWrong = missing.length + stayed.length + twice.length > 0 || isBroken;
  return { lost: lost.length, wrong: isWrong ? 1 : 0, words };
}

/** A whole declaration of imports. */
const IMPORT = /^import\b[^'"]*['"][^'"]*['"];?/gm;

function wordsOf(text) {
  const counts = new Map();
  for (const [word] of text.matchAll(/[\w$]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function figure(name, value, unit) {
  return { name, value, unit, samples: [value] };
}

function rounded(value) {
  return Math.round(value * 1_000) / 1_000;
}
