import { SchematicsException } from '@angular-devkit/schematics';
import { show } from '../utility/options';
import { pluralOf, singularOf } from './inflect';
import { isTakenClass, isTakenFolder, isTakenPlural } from './taken-names';

/** One name in every spelling that code needs. */
export type NameForms = {
  /** `purchase-order`: files and routes */
  readonly kebab: string;
  /** `purchaseOrder`: variables */
  readonly camel: string;
  /** `PurchaseOrder`: classes */
  readonly pascal: string;
  /** `PURCHASE_ORDER` */
  readonly constant: string;
  /** `purchase_order`: tables and columns */
  readonly snake: string;
  /** `purchase order`: messages */
  readonly words: string;
};

export interface ResourceNames {
  readonly singular: NameForms;
  readonly plural: NameForms;
}

export interface NameOverrides {
  readonly singular?: string;
  readonly plural?: string;
}

/** The table's name is part of names of constraints, and PostgreSQL cuts those at 63 bytes. */
const MAX_LENGTH = 40;

/**
 * Works out what a resource is called. `invoice` and `invoices` mean the same.
 *
 * @throws SchematicsException in one line when this is no name, with the reason and the remedy
 */
export function resourceNames(name: unknown, overrides: NameOverrides = {}): ResourceNames {
  const base = parseName('name', name);
  const singular =
    overrides.singular === undefined
      ? singularize(base)
      : parseName('--singular', overrides.singular);
  const plural =
    overrides.plural === undefined ? toPlural(base) : parseName('--plural', overrides.plural);
  const names = { singular: nameForms(singular), plural: nameForms(plural) };
  assertFree(names);
  return names;
}

/** `HTTPServer` → `http server`; expects a name that `parseName` accepted. */
export function splitWords(name: string): string[] {
  return name
    .replace(/([A-Z]{2,})s(?![a-z])/g, (_, acronym: string) => ` ${capitalize(acronym)}s `)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[\s_-]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

/** Every spelling of a name given as words. */
export function nameForms(words: readonly string[]): NameForms {
  const pascal = words.map(capitalize).join('');
  return {
    kebab: words.join('-'),
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    constant: words.join('_').toUpperCase(),
    snake: words.join('_'),
    words: words.join(' '),
  };
}

function parseName(option: string, value: unknown): string[] {
  const subject = option === 'name' ? 'resource name' : option;
  if (value === undefined || value === null || value === '') {
    throw new SchematicsException(
      `The ${subject} is missing: give one, for example "nest g @mt/schematics:resource invoices".`,
    );
  }
  if (typeof value !== 'string') throw refuse(value, subject, 'it is not text');
  if (/[/\\]/.test(value)) {
    const flat = splitWords(value.replace(/[/\\.]+/g, ' ')).join('-');
    throw refuse(
      value,
      subject,
      'resources stand directly under src/',
      /^[a-z][a-z0-9-]*$/.test(flat) ? `"${flat}"` : 'a name without a path',
    );
  }
  if (!/^[A-Za-z0-9 _-]+$/.test(value)) {
    throw refuse(value, subject, 'it has characters other than a-z, 0-9, "-" and "_"');
  }
  const words = splitWords(value);
  if (!/^[a-z]/.test(words[0] ?? '')) {
    throw refuse(value, subject, 'it does not begin with a letter');
  }
  if (words.join('_').length > MAX_LENGTH) {
    throw refuse(value, subject, `it is longer than ${MAX_LENGTH} characters`, 'a shorter one');
  }
  return words;
}

function refuse(
  value: unknown,
  subject: string,
  reason: string,
  remedy = 'a name such as "invoices" or "purchase-orders"',
): SchematicsException {
  return new SchematicsException(
    `${show(value)} is no usable ${subject}: ${reason}. Use ${remedy}.`,
  );
}

function assertFree({ singular, plural }: ResourceNames): void {
  const folder = isTakenPlural(plural.kebab)
    ? plural.kebab
    : [plural.kebab, singular.kebab].find(isTakenFolder);
  if (folder !== undefined) {
    throw refuse(
      folder,
      'resource name',
      'the application has a part of that name',
      `another name, such as "customer-${plural.kebab}"`,
    );
  }
  if (isTakenClass(singular.pascal)) {
    throw refuse(
      plural.kebab,
      'resource name',
      `its class ${singular.pascal} would hide one that the code uses`,
      `another name, such as "customer-${plural.kebab}"`,
    );
  }
}

function singularize(words: readonly string[]): string[] {
  return inflect(words, singularOf);
}

function toPlural(words: readonly string[]): string[] {
  return inflect(words, pluralOf);
}

/** Only the last word is inflected: `news items`, `sales orders`. */
function inflect(words: readonly string[], change: (word: string) => string): string[] {
  const last = words.at(-1) ?? '';
  return [...words.slice(0, -1), change(last)];
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
