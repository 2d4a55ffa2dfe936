import { Child } from './child.mjs';
import { reasonToSkip, startBouncer } from './runs.mjs';
import { clean, findMisplaced } from './tables.mjs';

/**
 * The harness over what is known to be wrong: where it finds no leak there, it proves nothing. The
 * last one is right, and shows that it counts refusals as such.
 */
export const CONTROLS = [
  {
    name: 'search path on one connection, statement on another',
    pool: 'two-connections',
    expects: ({ leaks }) => leaks > 0,
  },
  {
    name: 'SET search_path, then the statement, through PgBouncer',
    pool: 'search-path',
    mode: 'pgbouncer',
    expects: ({ leaks }) => leaks > 0,
  },
  {
    name: 'no tenant in context, over a plain pool',
    pool: 'plain',
    expects: ({ leaks }) => leaks > 0,
  },
  {
    name: 'no tenant in context, over the tenant pool',
    pool: 'tenant',
    expects: ({ leaks, refusals, statements }) => leaks === 0 && refusals > 0 && statements === 0,
  },
];

export async function runControl({ control, orm }, { tenancy, seed, controlStatements }) {
  const { name, pool, mode, expects } = control;
  const skipped = reasonToSkip(mode);
  if (skipped) return { name, orm, skipped };
  const bouncer = mode === 'pgbouncer' ? await startBouncer(tenancy) : undefined;
  try {
    const child = new Child('control-worker.mjs', {
      orm,
      pool,
      seed,
      statements: controlStatements,
      connectionString: (bouncer ?? { connectionString: tenancy.adminConnectionString })
        .connectionString,
      tenants: tenancy.tenants,
    });
    const { result, exit } = await child.result();
    const misplaced = await findMisplaced(tenancy, undefined);
    await clean(tenancy);
    if (!result || exit.code !== 0) throw new Error(`The control "${name}" died: ${exit.errors}`);
    const { statements, seconds, rowsChecked, refusals, leaks } = result;
    const found = { statements, rowsChecked, refusals, leaks: leaks + misplaced.length };
    return {
      name,
      orm,
      seconds: Math.round(seconds * 10) / 10,
      ...found,
      asExpected: expects(found),
      ...(result.samples.length > 0 && { findings: result.samples.slice(0, 3) }),
    };
  } finally {
    await bouncer?.stop();
  }
}
