import { isClean } from './runs.mjs';

/** For people: a table of the runs, one of the controls, and what was found. */
export function printTables({ runs, controls, passed }) {
  console.table(Object.fromEntries(runs.map((run) => [`${run.mode}, ${run.orm}`, row(run)])));
  console.log('Negative controls:');
  console.table(
    Object.fromEntries(controls.map((each) => [`${each.name}, ${each.orm}`, controlRow(each)])),
  );
  for (const run of runs.filter((each) => !each.skipped)) {
    console.log(`${run.mode}, ${run.orm}: ${counts(run.faults)}; errors: ${counts(run.errors)}`);
    if (!isClean(run)) for (const line of run.findings) console.log(`  ${line}`);
  }
  console.log(passed ? 'passed' : 'FAILED');
}

function row(run) {
  if (run.skipped) return { skipped: run.skipped };
  return {
    statements: run.statements,
    seconds: run.seconds,
    'rows checked': run.rowsChecked,
    leaks: run.leaks,
    'untyped errors': run.untypedErrors,
    crashes: run.crashes,
    stuck: run.stuck,
    'connections lost': run.connectionsLost,
    'longest return (ms)': run.faults.longestReturnMs ?? '',
    'memory (MB)': run.memoryMb,
  };
}

function controlRow(control) {
  if (control.skipped) return { skipped: control.skipped };
  return {
    statements: control.statements,
    seconds: control.seconds,
    'rows checked': control.rowsChecked,
    leaks: control.leaks,
    'untyped errors': control.untypedErrors,
    crashes: control.crashes,
    refusals: control.refusals,
    'as expected': control.asExpected,
  };
}

function counts(numbers) {
  const parts = Object.entries(numbers).map(([name, count]) => `${name} ${count}`);
  return parts.join(', ') || 'none';
}
