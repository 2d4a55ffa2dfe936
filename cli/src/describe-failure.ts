import { schema } from '@angular-devkit/core';
import { UnsuccessfulWorkflowExecution } from '@angular-devkit/schematics';
import type { Report } from './report';
import { flagName } from './schema';

/** Why a run failed, in one line unless the schematic says more, and whether it left something behind. */
export function describeFailure(
  error: unknown,
  report: Report,
  options: Readonly<Record<string, unknown>>,
): string {
  if (error instanceof schema.SchemaValidationException) {
    return error.errors.map((each) => describeInvalidOption(each, options)).join(' ');
  }
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return 'Cancelled; nothing was written.';
  }
  if (report.conflicts.length > 0) {
    const [first, ...others] = report.conflicts;
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return `${first}${more} is in the way; nothing was written. Move it, or use --force.`;
  }
  if (report.written) {
    const reason = error instanceof UnsuccessfulWorkflowExecution ? 'see above' : firstLine(error);
    return `The files were written, but a step after that failed: ${reason}.`;
  }
  return isForPeople(error) ? error.message.trim() : firstLine(error);
}

/** Whether a schematic says so itself; its conflicts are lines each. It may have a copy of the devkit of its own. */
function isForPeople(error: unknown): error is Error {
  return error instanceof Error && error.constructor.name === 'SchematicsException';
}

export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}

type InvalidOption = schema.SchemaValidationException['errors'][number];

function describeInvalidOption(
  invalid: InvalidOption,
  options: Readonly<Record<string, unknown>>,
): string {
  const { instancePath = '', keyword, message = 'is not valid', params = {} } = invalid;
  const name = instancePath.split('/')[1] ?? '';
  const option = flagName(name);
  const value = name in options ? JSON.stringify(options[name]) : 'this value';
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    const allowed = params['allowedValues'].join(', ');
    return `${option} cannot be ${value}. Use one of: ${allowed}.`;
  }
  if (keyword === 'required') {
    const missing = String(params['missingProperty']);
    return `${flagName(missing)} is missing. Add ${flagName(missing)}=<value>.`;
  }
  if (keyword === 'additionalProperties') {
    return `There is no flag ${flagName(String(params['additionalProperty']))}.`;
  }
  return `${option} cannot be ${value}: it ${message}.`;
}
