import * as validation from 'class-validator';
import * as pgCore from 'drizzle-orm/pg-core';
import { FIELD_TYPES, type ResourceField } from './index';

const FIELDS: readonly ResourceField[] = [
  { name: 'title', type: 'varchar', length: 40, unique: false },
  { name: 'email', type: 'varchar', length: 255, unique: true, format: 'email' },
];

it('has an example of every type', () => {
  expect(new Set(FIELDS.map(({ type }) => type))).toEqual(new Set(Object.keys(FIELD_TYPES)));
});

it.each(FIELDS)('names what drizzle-orm and class-validator have: $name', (field) => {
  const type = FIELD_TYPES[field.type];
  expect(pgCore).toHaveProperty(type.drizzle.builder);
  for (const decorator of type.validators(field)) {
    expect(validation).toHaveProperty(decorator.replace(/\(.*/, ''));
  }
});
