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
