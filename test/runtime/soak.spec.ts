import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeWithPgBouncer } from '../support/pgbouncer.js';

/** What `npm run soak -- --json` prints, as far as it is looked at here. */
interface Outcome {
  readonly seed: number;
  readonly passed: boolean;
  readonly runs: readonly Run[];
  readonly controls: readonly Control[];
}

interface Run {
  readonly mode: string;
  readonly orm: string;
  readonly statements: number;
  readonly rowsChecked: number;
  readonly refusals: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
}

interface Control {
  readonly name: string;
  readonly orm: string;
  readonly leaks: number;
  readonly refusals: number;
}

const STATEMENTS = 6_000;
const ORMS = ['drizzle', 'typeorm'];

// A short one of what `npm run soak` does for as long as it is asked to.
let outcome: Outcome;

beforeAll(async () => {
  outcome = await soak(`--statements=${STATEMENTS}`, '--tenants=20');
});

async function soak(...options: string[]): Promise<Outcome> {
  const args = ['test/soak/main.mjs', '--json', ...options];
  const ran = promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
  // Its exit status is 1 where it has found something, which it prints.
  const { stdout, stderr } = await ran.catch((error: { stdout: string; stderr: string }) => error);
  if (stdout === '') throw new Error(`The soak printed nothing: ${stderr}`);
  return JSON.parse(stdout) as Outcome;
}

function expectNothingFound(mode: string, orm: string): void {
  const run = outcome.runs.find((each) => each.mode === mode && each.orm === orm);
  expect({ seed: outcome.seed, ...run }).toMatchObject({
    leaks: 0,
    untypedErrors: 0,
    crashes: 0,
    stuck: 0,
    connectionsLost: 0,
    findings: [],
  });
  // It did something, and something was done to it.
  expect(run?.statements).toBeGreaterThanOrEqual(STATEMENTS / 6);
  expect(run?.rowsChecked).toBeGreaterThan(500);
  expect(run?.refusals).toBeGreaterThan(0);
  for (const fault of ['terminated', 'cancelled', 'recreated', 'restarts']) {
    expect(run?.faults[fault]).toBeGreaterThan(0);
  }
}

const named = (name: string) => outcome.controls.filter((control) => control.name === name);

describe('tenants that work while connections and the server come and go', () => {
  it.each(ORMS)('read their own rows and no others, through %s', (orm) => {
    expectNothingFound('direct', orm);
  });

  it.each(ORMS)('do so as roles of their own, through %s', (orm) => {
    expectNothingFound('role', orm);
  });
});

describeWithPgBouncer('tenants that work so behind PgBouncer in transaction mode', () => {
  it.each(ORMS)('read their own rows and no others, through %s', (orm) => {
    expectNothingFound('pgbouncer', orm);
  });

  it('are mixed up where the search path is set before the statement: the soak finds it', () => {
    const controls = named('SET search_path, then the statement, through PgBouncer');
    expect(controls).toHaveLength(2);
    for (const { leaks } of controls) expect(leaks).toBeGreaterThan(0);
  });
});

describe('the soak finds leaks where there are some', () => {
  it.each([
    'search path on one connection, statement on another',
    'no tenant in context, over a plain pool',
  ])('%s', (name) => {
    const controls = named(name);
    expect(controls).toHaveLength(2);
    for (const { leaks } of controls) expect(leaks).toBeGreaterThan(0);
  });

  it('and refusals where the tenant pool is asked without a tenant', () => {
    const controls = named('no tenant in context, over the tenant pool');
    expect(controls).toHaveLength(2);
    for (const { leaks, refusals } of controls) {
      expect(leaks).toBe(0);
      expect(refusals).toBeGreaterThan(0);
    }
  });
});

it('passes as a whole', () => {
  expect(outcome).toMatchObject({ passed: true });
});
