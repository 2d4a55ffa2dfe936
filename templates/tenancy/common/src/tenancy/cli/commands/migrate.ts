import {
  describeNotes,
  isComplete,
  Migrator,
  TenancyError,
  type MigrationReport,
} from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export interface MigrateCommandOptions {
  continueOnError?: boolean;
  acceptChanged?: string[];
  /** Reads pairs of the form `old=new`. */
  acceptRenamed?: string[];
  acceptMissing?: string[];
  json?: boolean;
}

export async function migrate(
  app: INestApplicationContext,
  { json, acceptRenamed, ...options }: MigrateCommandOptions,
) {
  // A run that is asked to stop finishes the tenants under way. The next run goes on from there.
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => stop.abort());
  }

  const report = await app.get(Migrator).migrate({
    ...options,
    acceptRenamed: parseRenames(acceptRenamed),
    signal: stop.signal,
    // Progress is for people: standard output stays clean for --json.
    onWait: () => console.error('Another run is under way. Waiting for it.'),
    onProgress({ done, total, tenant, applied, error, durationMs }) {
      const outcome = error
        ? `failed: ${error.message}`
        : `${applied.length} applied in ${Math.round(durationMs)} ms`;
      console.error(`[${done}/${total}] ${tenant.slug}: ${outcome}`);
    },
  });

  if (json) printJson(report);
  else print(report);
  // The run was stopped, or has failed: a deployment must not go on while tenants lack migrations.
  if (!isComplete(report)) process.exitCode = 1;
}

function parseRenames(renames: string[] = []): Record<string, string> {
  return Object.fromEntries(
    renames.map((rename) => {
      const [from, to] = rename.split('=');
      if (!from || !to) {
        throw new Error(`--accept-renamed takes old=new, not ${rename}.`);
      }
      return [from, to];
    }),
  );
}

function print(report: MigrationReport) {
  for (const note of describeNotes(report)) console.log(note);
  const { total, migrated, failed, remaining, missing } = report;
  if (missing.length > 0) {
    console.error(
      `Applied, but missing here: ${missing.join(', ')}. No further migration is applied until they are back, or accepted by --accept-missing.`,
    );
  }
  if (total === 0 && remaining === 0) {
    console.log('Every tenant is up to date.');
    return;
  }
  console.log(
    `${migrated} of ${total} tenants migrated, ${failed.length} failed.`,
  );
  if (remaining > 0) {
    console.log(`Tenants that still lack migrations: ${remaining}.`);
  }
  const [first] = failed;
  if (first?.error instanceof TenancyError && first.error.remedy) {
    console.error(first.error.remedy);
  }
}

function printJson({ failed, ...report }: MigrationReport) {
  const failures = failed.map(({ tenant, error }) => ({
    tenant: tenant.slug,
    error: error.message,
  }));
  console.log(JSON.stringify({ ...report, failed: failures }, null, 2));
}
