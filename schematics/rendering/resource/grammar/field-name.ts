import { nameForms, splitWords } from '../../names';

/** A name of a table, a column and what is made of both has 63 bytes. */
const MAX_LENGTH = 40;

/** What every row has already, and what a class, an object or a table cannot have as a property. */
const TAKEN = new Set([
  'id',
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
  'then',
  'toJSON',
  'enableRLS',
  'getSQL',
  'shouldOmitSQLParens',
]);

/** The name of a field in camelCase, or why it cannot be one. */
export function fieldNameProblem(written: string): { name: string; problem?: string } {
  if (written === '') return { name: '', problem: 'the name of a field is expected' };
  if (!/^[A-Za-z][\w-]*$/.test(written)) {
    const problem = `${JSON.stringify(written)} is no name of a field: it begins with a letter, and has letters, digits, "_" and "-"`;
    return { name: '', problem };
  }
  if (TAKEN.has(written)) return taken(written);
  const name = nameForms(splitWords(written)).camel;
  if (name.length > MAX_LENGTH) {
    return { name, problem: `"${written}" is longer than ${MAX_LENGTH} characters` };
  }
  return TAKEN.has(name) ? taken(name) : { name };
}

function taken(name: string): { name: string; problem: string } {
  return {
    name,
    problem: name === 'id' ? 'every resource has an id' : `a field cannot be called "${name}"`,
  };
}
