import * as validation from 'class-validator';
import * as pgCore from 'drizzle-orm/pg-core';
import { isTakenVariable } from '../../taken-names';
import { copiedFiles, renderFolder } from '../../render';
import { columnTypeOf } from '../column-type';
import { parseFields } from '../grammar';
import { EVERY_TYPE } from '../every-type';
import { FIELD_TYPES } from './index';

const FIELDS = parseFields(`${EVERY_TYPE} owner:ref(users)`, 'every type');

it('has an example of every type', () => {
  expect(new Set(FIELDS.map(({ type }) => type))).toEqual(new Set(Object.keys(FIELD_TYPES)));
});

it.each(FIELDS)(
  'names what drizzle-orm, class-validator and the templates have: $name',
  (field) => {
    const { drizzle, typeorm, validators } = columnTypeOf(field);
    const common = copiedFiles('resource/common');
    if (drizzle.from === undefined) expect(pgCore).toHaveProperty(drizzle.builder);
    else
      expect(textOf('resource/drizzle', drizzle.from)).toContain(
        `export const ${drizzle.builder} `,
      );
    if (typeorm.transformer) {
      const { name, from } = typeorm.transformer;
      expect(textOf('resource/typeorm', from)).toContain(`export const ${name}: `);
    }
    for (const { name, from } of validators) {
      if (from === undefined) expect(validation).toHaveProperty(name);
      else expect(common).toContain(from);
    }
  },
);

it.each([
  'decimal(3,2):min(0.2):max(0.8)',
  'decimal(2,2)',
  'decimal(4,2):max(-1)',
  'decimal(9,2):min(5)',
  'decimal(2,0):min(97)',
  'decimal(3,2):max(0.5)',
  'decimal(2,2):max(-0.1)',
  'decimal(30,10)',
  'decimal(3,2):min(0.07):max(0.09)',
  'float:min(0.2):max(0.8)',
  'int:min(5)',
  'int:max(-3)',
  'smallint:min(2):max(4)',
])('has examples of %s within its limits, which differ', (type) => {
  const [field] = parseFields(`amount:${type}`, 'limited');
  if (!field) throw new Error('There is a field');
  const values = columnTypeOf(field).examples.map((literal) => Number(JSON.parse(literal)));
  expect(values[0]).not.toBe(values[1]);
  const [precision = '9', scale = '0'] = field.args;
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(Number(field.min ?? -Infinity));
    expect(value).toBeLessThanOrEqual(Number(field.max ?? Infinity));
    expect(Math.abs(value)).toBeLessThan(10 ** (Number(precision) - Number(scale)));
  }
});

it.each(FIELDS)('lets no variable hide the builder of $name', (field) => {
  expect(isTakenVariable(columnTypeOf(field).drizzle.builder)).toBe(true);
});

it.each(Object.entries(FIELD_TYPES))('says how %s is written, and what it is', (name, type) => {
  expect(type.usage).toMatch(new RegExp(`^${name}(?:\\(.+\\))?$`));
  expect(type.summary).not.toBe('');
});

const texts = new Map<string, ReadonlyMap<string, string>>();

function textOf(folder: string, path: string): string {
  const files =
    texts.get(folder) ??
    new Map(copiedFiles(folder).map((file) => [file, renderFolder(folder, VIEW).get(file) ?? '']));
  texts.set(folder, files);
  return files.get(path) ?? '';
}

/** As much as it takes to render a folder, of which only what is copied is looked at. */
const VIEW = new Proxy(
  {},
  {
    get: () => 'x',
    has: () => true,
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: 'x' }),
  },
);
