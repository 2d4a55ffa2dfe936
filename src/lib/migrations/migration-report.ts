import type { Tenant } from '../tenant/tenant.js';

/** One tenant has been dealt with. */
export interface MigrationProgress {
  readonly done: number;
  readonly total: number;
  readonly tenant: Tenant;
  /** What was applied; where it failed, what came before that. */
  readonly applied: readonly string[];
  readonly error?: Error;
  readonly durationMs: number;
}

/** What was accepted, and how many tenants it concerns. */
export interface AcceptedMigration {
  readonly migration: string;
  readonly tenants: number;
}

/** What a run has done so far. */
export interface RunCounts {
  /** Tenants that lacked a migration when the run began. */
  readonly total: number;
  /** Tenants brought up to date. */
  readonly migrated: number;
  /** Migrations applied, over all tenants. */
  readonly applied: number;
  readonly failed: readonly { readonly tenant: Tenant; readonly error: Error }[];
}

/** What a run has done of the migrations that are applied once, for all tenants. */
export interface SharedReport {
  /** Their names. */
  readonly applied: readonly string[];
  /** Those that are not applied yet: the run was stopped before. */
  readonly remaining: readonly string[];
}

/** What a run has done, and what it has left. */
export interface MigrationReport extends RunCounts {
  /** Undefined where there are no shared migrations. */
  readonly shared?: SharedReport;
  /**
   * Tenants that lack a migration now: those that failed, and those that were not taken up because of
   * that or because the run was stopped. With 0, and nothing left of `shared`, there is nothing to do:
   * {@link isComplete}.
   */
  readonly remaining: number;
  /** Migrations that were applied and are not there any more. Nothing was to be applied beside them. */
  readonly missing: readonly string[];
  /** What the options have accepted. */
  readonly accepted: readonly AcceptedMigration[];
}

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
