import { SchematicsException } from '@angular-devkit/schematics';
import {
  columnOf,
  type FieldChange,
  type FieldScope,
  grammarError,
  keptOf,
  parseFields,
  printField,
  type ResourceField,
  sentFields,
} from '../rendering/resource';
import { suggest } from '../utility/options';
import type { FieldOptions } from './schema';

/** What becomes of the fields of a resource. */
export interface Plan {
  readonly fields: readonly ResourceField[];
  readonly changes: readonly FieldChange[];
}

/** @throws SchematicsException for what is not there, is there already, or is asked for twice */
export function planChanges(
  before: readonly ResourceField[],
  options: Pick<FieldOptions, 'add' | 'change' | 'rename' | 'drop'>,
  scope?: FieldScope,
): Plan {
  const plan = new ChangePlan(before);
  for (const [text, at] of words('--drop', options.drop)) plan.drop(text, at);
  for (const [text, at] of words('--rename', options.rename)) plan.rename(text, at);
  for (const field of fieldsOf('--change', options.change, scope)) plan.change(field);
  for (const field of fieldsOf('--add', options.add, scope)) plan.add(field);
  return plan.done();
}

/** Points at a word of an option. */
type At = (reason: string) => SchematicsException;

function words(option: string, given: unknown): [word: string, at: At][] {
  const text = textOf(option, given);
  return [...text.matchAll(/\S+/g)].map((match) => [
    match[0],
    (reason) => grammarError(option, text, match.index, reason),
  ]);
}

function fieldsOf(option: string, given: unknown, scope?: FieldScope): ResourceField[] {
  return parseFields(textOf(option, given), option, scope);
}

function textOf(option: string, given: unknown): string {
  if (given === undefined) return '';
  if (typeof given === 'string' && given.trim() !== '') return given;
  throw new SchematicsException(`${option} names no field: say which, or leave it out.`);
}

/** What becomes of one field, in the order of the fields. */
interface Entry {
  readonly before?: ResourceField;
  readonly after?: ResourceField;
}

class ChangePlan {
  private readonly entries: Entry[];

  constructor(before: readonly ResourceField[]) {
    this.entries = before.map((field) => ({ before: field, after: field }));
  }

  drop(name: string, at: At): void {
    const { index, field } = this.find(name, at);
    this.entries[index] = { before: field };
  }

  rename(text: string, at: At): void {
    const [from = '', to = '', ...more] = text.split(':');
    if (to === '' || more.length > 0) throw at('a name and the new one are expected: "old:new"');
    const { index, field } = this.find(from, at);
    if (keptOf(field)) throw at(`${field.name} is kept by the application under this name`);
    // Read as a field of its own, so that a name is what it always is.
    if (!/^[\w-]+$/.test(to)) throw at('a name is expected behind ":"');
    const [{ name: word } = field] = parseFields(to, '--rename');
    const name = field.type === 'ref' && !word.endsWith('Id') ? `${word}Id` : word;
    if (this.isThere(name)) throw at(`there is a field "${name}" already`);
    this.entries[index] = { before: field, after: { ...field, name } };
  }

  change(field: ResourceField): void {
    const index = this.entries.findIndex(({ after }) => after?.name === field.name);
    const entry = this.entries[index];
    if (!entry) {
      throw this.unknown(
        field.name,
        (reason) =>
          new SchematicsException(`--change: ${reason}${reason.endsWith('?') ? '' : '.'}`),
      );
    }
    this.entries[index] = { ...entry, after: field };
  }

  add(field: ResourceField): void {
    if (this.isThere(field.name)) {
      throw new SchematicsException(
        `--add: there is a field "${field.name}" already; --change is what changes it.`,
      );
    }
    this.entries.push({ after: field });
  }

  /** @throws SchematicsException where no field is left, or nothing changes */
  done(): Plan {
    const fields = this.entries.flatMap(({ after }) => after ?? []);
    const changes = this.entries.filter(
      ({ before, after }) => !before || !after || printField(before) !== printField(after),
    );
    if (changes.length === 0) {
      throw new SchematicsException(
        'Nothing is to be changed: say what with --add, --change, --rename or --drop, for example --add="notes:text?".',
      );
    }
    if (sentFields(fields).length === 0) {
      throw new SchematicsException('No field would be left: a resource has at least one.');
    }
    return { fields, changes };
  }

  private find(name: string, at: At): { index: number; field: ResourceField } {
    const index = this.entries.findIndex(({ after }) => isCalled(after, name));
    const field = this.entries[index]?.before;
    if (field) return { index, field };
    throw this.unknown(name, at);
  }

  private unknown(name: string, at: At): SchematicsException {
    const names = this.entries.flatMap(({ after }) => after?.name ?? []);
    const meant = suggest(name, names);
    return at(
      `there is no field "${name}"${meant === undefined ? ` (there are ${names.join(', ')})` : `; did you mean "${meant}"?`}`,
    );
  }

  private isThere(name: string): boolean {
    const column = columnOf({ name });
    return this.entries.some(({ after }) => after && columnOf(after) === column);
  }
}

/** A reference goes by the name of the row, too: `customer` is the field `customerId`. */
function isCalled(field: ResourceField | undefined, name: string): boolean {
  return field?.name === name || (field?.type === 'ref' && field.name === `${name}Id`);
}
