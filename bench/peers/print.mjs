/** The table, and below it what was done. */
export function print({ configuration, results }) {
  console.table(Object.fromEntries(results.map((result) => [result.name, row(result)])));
  for (const [name, text] of Object.entries(flat(configuration))) console.log(`${name}: ${text}`);
}

function row(result) {
  return {
    'reads/s': result.value,
    'vs ours': result.ratios ? `${result.ratio} (${range(result.ratios)})` : '',
    'low to high': range(result.samples),
    correct: result.correct,
    failed: result.failed,
    'wrong rows': result.wrongRows,
    connections: result.connections,
    'first error': shortened(result.firstError ?? ''),
  };
}

const range = (values) => `${Math.min(...values)} to ${Math.max(...values)}`;
const shortened = (text) => (text.length > 72 ? `${text.slice(0, 71)}…` : text);

function flat({ versions, contestants, ...rest }) {
  return { ...rest, ...prefixed('version of ', versions), ...contestants };
}

const prefixed = (prefix, object) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [prefix + key, value]));
