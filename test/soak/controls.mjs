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
    const crashes = !result || exit.code !== 0 ? 1 : 0;
    const found = {
      statements: result?.statements ?? 0,
      rowsChecked: result?.rowsChecked ?? 0,
      leaks: (result?.leaks ?? 0) + misplaced.length,
      untypedErrors: result?.untyped ?? 0,
      crashes,
      refusals: result?.refusals ?? 0,
    };
    return {
      name,
      orm,
      seconds: Math.round((result?.seconds ?? 0) * 10) / 10,
      ...found,
      asExpected: crashes === 0 && expects(found),
      findings: crashes > 0 ? [exit.errors] : result.samples.slice(0, 3),
    };
  } finally {
    await bouncer?.stop();
  }
}
