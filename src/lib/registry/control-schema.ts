import type pg from 'pg';
import { lockTable } from '../connections/contended-change.js';
import { CONTROL_PLACEMENT } from '../connections/options.js';
import type { SqlSession } from '../connections/sql-session.js';
import { ConfigurationError } from '../errors.js';
import { SqlState, sqlState } from '../pool/server-errors.js';
import { applicationRole } from '../roles/login-roles.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { ControlDatabase } from './control-database.js';
import { CONTROL_STEPS, type ControlStep } from './control-steps.js';
import type { ControlTables } from './control-tables.js';
import { SET_UP } from './explain-missing.js';

/**
 * Brings the control schema up to date: takes the steps that it lacks, each in a transaction of its
 * own. Safe to call from several processes at once, of several versions too: what a newer one has made
 * stays as it is.
 *
 * @throws ConfigurationError where the login may not do it, or a newer version has made a change that
 *   this one must not work with
 */
export async function createControlSchema(
  control: ControlDatabase,
  steps: readonly ControlStep[] = CONTROL_STEPS,
): Promise<void> {
  const { tables } = control;
  const application = await applicationRole(control.connections, CONTROL_PLACEMENT);
  try {
    const taken = await stepsTaken(control.asAdmin, tables);
    refuseNewer(taken, tables, steps);
    if (!taken.some(({ step }) => step > steps.length)) {
      for (const number of await missingSteps(control.asAdmin, tables, steps, taken)) {
        await takeStep(control, steps, number, application);
      }
    }
    await control.change(async (client) => {
      await lockTable(client, tables.tenants);
      refuseNewer(await stepsTaken(client, tables), tables, steps);
      await grantRights(client, tables, application);
    });
  } catch (error) {
    throw explained(error, tables);
  }
}

/**
 * For a process that may not change it.
 *
 * @throws ConfigurationError where the control schema is of a version that this one cannot work with
 */
export async function checkControlSchema(
  control: ControlDatabase,
  steps: readonly ControlStep[] = CONTROL_STEPS,
): Promise<void> {
  const { tables } = control;
  let taken: TakenStep[];
  try {
    taken = await stepsTaken(control, tables);
  } catch (error) {
    // Its rights are given by who sets the schema up.
    throw sqlState(error) === SqlState.insufficientPrivilege ? outdated(tables, error) : error;
  }
  refuseNewer(taken, tables, steps);
  if (taken.length < steps.length) throw outdated(tables);
}

/** What the control schema says of the steps that were taken, in their order. */
interface TakenStep {
  readonly step: number;
  readonly breaking: boolean;
}

async function stepsTaken(session: SqlSession, { steps }: ControlTables): Promise<TakenStep[]> {
  if (!(await hasTable(session, steps))) return [];
  const taken = await session.query(`select step, breaking from ${steps} order by step`);
  return taken.rows as unknown as TakenStep[];
}

function refuseNewer(
  taken: readonly TakenStep[],
  { schema }: ControlTables,
  steps: readonly ControlStep[],
): void {
  const breaking = taken.find((each) => each.breaking && each.step > steps.length);
  if (!breaking) return;
  throw new ConfigurationError(
    `A newer version of @mt/runtime has changed the control schema ${schema} so that this one must not work with it (step ${breaking.step}; this one knows ${steps.length}).`,
    { remedy: 'Update @mt/runtime here.' },
  );
}

/** Those that were not taken, and those of which something is gone. */
async function missingSteps(
  session: SqlSession,
  tables: ControlTables,
  steps: readonly ControlStep[],
  taken: readonly TakenStep[],
): Promise<number[]> {
  const there = steps.map(({ isThere }) => `(${isThere(tables)})`).join(', ');
  const { rows } = await session.query(`select array[${there}] as there`);
  const found = rows[0]?.['there'] as boolean[];
  return steps
    .map((_, index) => index + 1)
    .filter((number) => !found[number - 1] || !taken.some(({ step }) => step === number));
}

async function takeStep(
  control: ControlDatabase,
  steps: readonly ControlStep[],
  number: number,
  application: string,
): Promise<void> {
  const { tables } = control;
  const { up, breaking } = steps[number - 1] as ControlStep;
  await control.change(async (client) => {
    if (await hasTable(client, tables.tenants)) {
      await lockTable(client, tables.tenants);
      // Another process may have been faster, also one of a newer version.
      const taken = await stepsTaken(client, tables);
      refuseNewer(taken, tables, steps);
      if (taken.some(({ step }) => step > steps.length)) return;
      if (!(await missingSteps(client, tables, steps, taken)).includes(number)) return;
    }
    await up(client, tables);
    await client.query(`
      create table if not exists ${tables.steps} (
        step integer primary key,
        breaking boolean not null,
        taken_at timestamptz not null default now()
      )`);
    await client.query(
      `insert into ${tables.steps} (step, breaking) values ($1, $2) on conflict do nothing`,
      [number, breaking],
    );
    await grantRights(client, tables, application);
  });
}

async function hasTable(session: SqlSession, table: string): Promise<boolean> {
  const { rows } = await session.query('select to_regclass($1) is not null as is_there', [table]);
  return rows[0]?.['is_there'] === true;
}

/**
 * With an admin login of its own, the application only reads: who the tenants are, what they have. And
 * it locks, since the lock of a run may have to go past a pooler, for which there is its URL alone.
 */
async function grantRights(
  client: pg.ClientBase,
  { schema, tenants, migrations, migrationRun, steps }: ControlTables,
  application: string,
): Promise<void> {
  const role = quoteIdentifier(application);
  const { rows } = await client.query<{ may: boolean }>(
    `select pg_catalog.has_schema_privilege($1, $2::regnamespace, 'usage')
       and pg_catalog.has_table_privilege($1, $3, 'select')
       and pg_catalog.has_table_privilege($1, $4, 'select')
       and pg_catalog.has_table_privilege($1, $5, 'update')
       and pg_catalog.has_table_privilege($1, $6, 'select') as may`,
    [application, schema, tenants, migrations, migrationRun, steps],
  );
  if (rows[0]?.may) return;
  await client.query(`grant usage on schema ${schema} to ${role}`);
  await client.query(`grant select on ${tenants}, ${migrations}, ${steps} to ${role}`);
  await client.query(`grant update on ${migrationRun} to ${role}`);
}

function outdated({ schema }: ControlTables, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `The control schema ${schema} is of an earlier version than this @mt/runtime.`,
    { cause, remedy: SET_UP },
  );
}

function explained(error: unknown, tables: ControlTables): unknown {
  if (sqlState(error) !== SqlState.insufficientPrivilege) return error;
  return new ConfigurationError(`The login role may not create the schema ${tables.schema}.`, {
    cause: error,
    remedy: 'Grant it CREATE on the database, or have the schema created by a role that has it.',
  });
}
