import type { MigrationReport } from './migration-run.js';

/**
 * Whether a run has left nothing to do: no tenant failed or lacks a migration, and none that all
 * share is left.
 */
export function isComplete({ failed, remaining, shared }: MigrationReport): boolean {
  return failed.length + remaining + (shared?.remaining.length ?? 0) === 0;
}

/** What people should know of a run besides its numbers, in sentences. */
export function describeNotes({ accepted, shared }: MigrationReport): string[] {
  const once = shared?.applied ?? [];
  return [
    ...accepted.map(
      ({ migration, tenants }) =>
        `Accepted ${migration}: tenants that keep what they have of it: ${tenants}.`,
    ),
    ...(once.length > 0 ? [`Applied once for all tenants: ${once.join(', ')}.`] : []),
  ];
}
