import { parseArgs } from 'node:util';

export const MODES = ['direct', 'pgbouncer', 'role'];
export const ORMS = ['drizzle', 'typeorm'];

export const USAGE = `Usage: npm run -s soak -- [options]

  --statements=N  about how many statements are sent in all (default 100,000)
  --tenants=N     how many tenants they are spread over (default 1,000)
  --modes=LIST    of ${MODES.join(', ')} (default all)
  --orms=LIST     of ${ORMS.join(', ')} (default both)
  --no-faults     nothing is terminated, cancelled, stopped or dropped meanwhile
  --seed=N        repeats the choices of the run that printed it
  --json          one JSON document instead of a table

Exit status 1 where a tenant read another's rows, an error had no type, a process crashed, a
connection was lost, or work took more than a second to go on after the server had come back; and
where a negative control found no leak.`;

/** @throws Error with one line that says what is wrong with the options */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      statements: { type: 'string', default: '100000' },
      tenants: { type: 'string', default: '1000' },
      modes: { type: 'string', default: MODES.join() },
      orms: { type: 'string', default: ORMS.join() },
      'no-faults': { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    statements: whole('statements', values.statements, 1),
    tenants: whole('tenants', values.tenants, 2),
    modes: some('modes', values.modes, MODES),
    orms: some('orms', values.orms, ORMS),
    faults: !values['no-faults'],
    seed: whole('seed', values.seed, 0),
    json: values.json,
    help: values.help,
  };
}

function whole(option, text, least) {
  const value = Number(text.replaceAll(/[_,]/g, ''));
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${option} is a whole number of ${least} or more, and not "${text}".`);
}

function some(option, text, known) {
  const chosen = text.split(',').filter((name) => name !== '');
  const unknown = chosen.find((name) => !known.includes(name));
  if (chosen.length > 0 && unknown === undefined) return chosen;
  throw new Error(`--${option} is a list of ${known.join(', ')}, and not "${text}".`);
}
