// `npm test`: sets up what is missing, runs every suite, and ends with one plain line of the outcome.
// Arguments go to Jest: `npm test -- cli/src`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPgBouncer } from './setup/pgbouncer.mjs';
import { ensureReady, root } from './setup.mjs';
import { describeFailures } from './test/failures.mjs';

try {
  ensureReady((step) => console.log(step));
  installPgBouncer((step) => console.log(step));
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const directory = mkdtempSync(join(tmpdir(), 'mt-test-'));
const outcome = join(directory, 'outcome.json');
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const { status } = spawnSync(
  process.execPath,
  [
    // Prettier loads itself with import(), which Jest runs only with this.
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--ci',
    '--json',
    `--outputFile=${outcome}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] },
);

const result = readOutcome();
rmSync(directory, { recursive: true, force: true });

const passed = result?.numPassedTests ?? 0;
// A suite that could not run has no tests to count as failed, and an empty run proves nothing.
const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0);
const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);
const isHonest = status === 0 && failed === 0 && passed > 0;
const unaccounted = !isHonest && failed === 0 ? 1 : 0;
if (result && failed > 0) {
  console.log(['What failed:', ...describeFailures(result, root)].join('\n'));
}
console.log(
  `${passed} passed, ${failed + unaccounted} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = isHonest ? 0 : 1;

function readOutcome() {
  try {
    return JSON.parse(readFileSync(outcome, 'utf8'));
  } catch (error) {
    console.error(`Jest left no result: ${error.message}`);
    return undefined;
  }
}
