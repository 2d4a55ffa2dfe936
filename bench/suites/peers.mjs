// How do other packages for a PostgreSQL schema per tenant do the same work on the same server? Each
// contestant answers the same HTTP requests through Nest, as its documentation says.
import { configurationOf } from '../peers/configuration.mjs';
import { pairs } from '../peers/contestants.mjs';
import { MIGRATION, openDatabase, ROWS } from '../peers/database.mjs';
import { ensureInstalled } from '../peers/install.mjs';
import { print } from '../peers/print.mjs';
import { resultsOf } from '../peers/results.mjs';
import { startTenancy } from '../support/tenancy.mjs';

export const goals = {};
export { print };

export async function run({ quick, isChosen, report }) {
  const options = {
    tenantCounts: quick ? [10, 200] : [10, 50, 200, 1_000],
    rounds: quick ? 1 : 3,
    concurrency: 32,
    rows: ROWS,
    warmUpMs: quick ? 500 : 1_500,
    turns: quick ? 2 : 4,
    turnMs: quick ? 500 : 1_000,
    startLimitMs: 30_000,
    limitMs: 5_000,
    stepLimitMs: 90_000,
  };
  ensureInstalled(report);
  // Imports what has just been installed.
  const { runStep } = await import('../peers/step.mjs');
  const tenancy = await startTenancy(Math.max(...options.tenantCounts), report, MIGRATION);
  try {
    const database = await openDatabase(tenancy.superuserConnectionString);
    const steps = [];
    for (const [[theirs, ours], count, round] of order(pairs(isChosen), options)) {
      report(`${theirs.name} with ${count} tenants, round ${round + 1}/${options.rounds}`);
      const tenants = tenancy.tenants.slice(0, count);
      const sides = await runStep(theirs, ours, tenants, database, options);
      steps.push(sides.map((side) => ({ ...side, count })));
    }
    await database.close();
    return {
      configuration: configurationOf(pairs(isChosen), database.serverVersion, options),
      results: resultsOf(steps),
    };
  } finally {
    await tenancy.stop();
  }
}

/** Round by round, every other one backwards. */
function* order(all, { tenantCounts, rounds }) {
  for (const count of tenantCounts) {
    for (let round = 0; round < rounds; round++) {
      for (const pair of round % 2 === 0 ? all : all.toReversed()) yield [pair, count, round];
    }
  }
}
