import { SchematicsException } from '@angular-devkit/schematics';

/**
 * What was generated, and from what: kept in `.mt/` and committed with the application, so that later
 * versions can tell what is the team's own. A file for each resource, so that branches that each add
 * one merge.
 */
export const RECORD_FORMAT = 1;

/** @throws SchematicsException for a record that this version cannot read */
export function assertReadable(path: string, { format }: Readonly<Record<string, unknown>>): void {
  // What was made before formats were counted has none.
  if (format === undefined || format === RECORD_FORMAT) return;
  if (typeof format === 'number' && format > RECORD_FORMAT) {
    throw new SchematicsException(
      `${path} was written by a newer version of @mt/schematics (format ${format}; this one reads ${RECORD_FORMAT}): update @mt/schematics here.`,
    );
  }
  throw new SchematicsException(
    `${path} has no format that is known: restore it from version control.`,
  );
}
