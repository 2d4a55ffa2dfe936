import { findPgBouncer } from '../support/pgbouncer/find.mjs';
import { startPgBouncer } from '../support/pgbouncer/start.mjs';
import { Child } from './child.mjs';
import { injectFaults } from './faults.mjs';
import { clean, findMisplaced } from './tables.mjs';

/** Lines kept of each run that say what must not be. */
const SAMPLES = 20;

export const NO_PGBOUNCER =
  'PgBouncer is not installed (apt-get install pgbouncer, brew install pgbouncer)';

/** How the processes under test reach the tenants in each mode. */
export const ways = {
  direct: ({ tenancy }, use) =>
    use({ urls: { connectionString: tenancy.adminConnectionString }, isolation: 'schema' }),

  role: ({ tenancy }, use) =>
    use({ urls: { connectionString: tenancy.connectionString }, isolation: 'role' }),

  async pgbouncer({ tenancy }, use) {
    const bouncer = await startBouncer(tenancy);
    try {
      return await use({
        urls: { connectionString: bouncer.connectionString },
        isolation: 'schema',
      });
    } finally {
      await bouncer.stop();
    }
  },
};

/** A PgBouncer with fewer connections to the server than it has clients. */
export function startBouncer({ adminConnectionString }) {
  return startPgBouncer({
    connectionString: adminConnectionString,
    poolMode: 'transaction',
    serverConnections: 3,
    // Its default lets clients wait for 15 s after the server has been away for a moment.
    settings: { server_login_retry: 0 },
  });
}

/** Whether a mode can be tried here, or why not. */
export function reasonToSkip(mode) {
  return mode === 'pgbouncer' && !findPgBouncer() ? NO_PGBOUNCER : undefined;
}

/** Runs one ORM in one mode, with faults where they are asked for, and says what was found. */
export async function soak({ mode, orm }, setting) {
  const { tenancy, seed, faults, statements } = setting;
  return ways[mode](setting, async (way) => {
    const child = new Child('worker.mjs', {
      ...way,
      orm,
      seed,
      faults,
      statements,
      tenants: tenancy.tenants,
      dropped: tenancy.dropped,
    });
    let done = {};
    try {
      if (faults) done = await injectFaults(child, setting);
    } catch (error) {
      child.kill();
      throw error;
    }
    child.tell({ type: 'finish' });
    const { result, exit } = await child.result();
    const misplaced = await findMisplaced(tenancy, result?.ledger);
    await clean(tenancy);
    return outcome({ mode, orm }, result, exit, misplaced, done);
  });
}

function outcome(which, result, exit, misplaced, faults) {
  const died = result === undefined || exit.code !== 0 || exit.signal !== null;
  return {
    ...which,
    statements: result?.statements ?? 0,
    seconds: Math.round((result?.seconds ?? 0) * 10) / 10,
    rowsChecked: result?.rowsChecked ?? 0,
    leaks: (result?.leaks ?? 0) + misplaced.length,
    untypedErrors: result?.untyped ?? 0,
    crashes: (result?.crashes ?? 0) + (died ? 1 : 0),
    stuck: result?.stuck ?? 0,
    connectionsLost: result?.connectionsLost ?? 0,
    refusals: result?.refusals ?? 0,
    memoryMb: result?.memoryMb ?? 0,
    faults,
    errors: result?.errors ?? {},
    findings: [
      ...(died ? [`crashes: it ended with ${exit.signal ?? exit.code}: ${exit.errors}`] : []),
      ...misplaced.map((line) => `leaks: ${line}`).slice(0, SAMPLES),
      ...(result?.samples ?? []),
    ],
  };
}

/** How long work may take to go on after the server has come back. */
const RETURN_MS = 1_000;

/** Whether a run found nothing that must not be. */
export function isClean({ leaks, untypedErrors, crashes, stuck, connectionsLost, faults }) {
  const found = leaks + untypedErrors + crashes + stuck + connectionsLost;
  return found === 0 && (faults.longestReturnMs ?? 0) <= RETURN_MS;
}
