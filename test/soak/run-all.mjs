import { CONTROLS, runControl } from './controls.mjs';
import { isClean, reasonToSkip, soak } from './runs.mjs';
import { startServer } from './server.mjs';
import { createTenancy } from './tenancy.mjs';

/** Tenants that are dropped and made again, beside those that are counted. */
const DROPPED = 10;

/** Runs everything that was asked for, one after the other, on one server. */
export async function runAll({ statements, tenants, modes, orms, faults, seed }, report) {
  const chosen = modes.flatMap((mode) => orms.map((orm) => ({ mode, orm })));
  const possible = chosen.filter(({ mode }) => !reasonToSkip(mode));
  if (possible.length < chosen.length) report(`SKIPPED: ${reasonToSkip('pgbouncer')}`);
  report(`seed ${seed}`);

  const server = await startServer();
  const stopOn = (signal) => void server.stop().finally(() => process.kill(process.pid, signal));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stopOn);
  try {
    const counts = { counted: tenants, dropped: faults ? DROPPED : 0 };
    const tenancy = await createTenancy(server.connectionString, counts, report);
    const setting = {
      server,
      tenancy,
      seed,
      faults,
      statements: Math.ceil(statements / Math.max(1, possible.length)),
      controlStatements: Math.min(20_000, Math.max(500, Math.ceil(statements / 50))),
    };
    const runs = [];
    for (const which of chosen) {
      const skipped = reasonToSkip(which.mode);
      if (skipped) {
        runs.push({ ...which, skipped });
        continue;
      }
      report(`${which.mode}, ${which.orm}: ${setting.statements} statements`);
      runs.push(await soak(which, setting));
    }
    const controls = [];
    for (const control of CONTROLS) {
      for (const orm of orms) {
        report(`control: ${control.name}, ${orm}`);
        controls.push(await runControl({ control, orm }, setting));
      }
    }
    await tenancy.close();
    const passed =
      runs.every((run) => run.skipped || isClean(run)) &&
      controls.every((each) => each.skipped || each.asExpected);
    return { seed, statements, tenants, faults, runs, controls, passed };
  } finally {
    await server.stop();
  }
}
