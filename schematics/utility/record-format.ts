import { SchematicsException } from '@angular-devkit/schematics';

/**
 * What was generated, and from what: kept in `.mt/` and committed with the application, so that later
 * versions can tell what is the team's own. A file for each resource, so that branches that each add
 * one merge.
 *
 * 2: fields are recorded as they are asked for (`name:string(255)`), and not by their parts.
 */
export const RECORD_FORMAT = 2;

/** @throws SchematicsException for a record that this version cannot read */
export function assertReadable(path: string, { format }: Readonly<Record<string, unknown>>): void {
  // What was made before formats were counted has none.
  if (format === undefined) return;
  if (typeof format === 'number' && Number.isInteger(format) && format > 0) {
    if (format <= RECORD_FORMAT) return;
    throw new SchematicsException(
      `${path} was written by a newer version of @mt/schematics (format ${format}; this one reads ${RECORD_FORMAT}): update @mt/schematics here.`,
    );
  }
  throw new SchematicsException(
    `${path} has no format that is known: restore it from version control.`,
  );
}
