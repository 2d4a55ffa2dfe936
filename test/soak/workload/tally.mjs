/** Samples kept of each thing that must not happen: enough to look for the cause. */
const SAMPLES = 10;

/** Counts of what happened; its size does not grow with the run. */
export class Tally {
  statements = 0;
  rowsChecked = 0;
  refusals = 0;
  leaks = 0;
  untyped = 0;
  crashes = 0;
  stuck = 0;
  /** How often each type of error was met. */
  errors = {};
  samples = [];

  error(type) {
    this.errors[type] = (this.errors[type] ?? 0) + 1;
  }

  /** @param what 'leaks', 'untyped', 'crashes' or 'stuck' */
  problem(what, text) {
    this[what]++;
    if (this.samples.length < SAMPLES) this.samples.push(`${what}: ${text}`);
  }

  summary() {
    return Object.fromEntries(Object.entries(this));
  }
}
