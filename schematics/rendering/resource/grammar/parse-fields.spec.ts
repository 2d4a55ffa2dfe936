import fc from 'fast-check';
import { EVERY_TYPE } from '../every-type';
import { FIELD_TYPES } from '../field-types';
import { parseFields } from './parse-fields';
import { printField } from './print-fields';

function errorOf(text: string): string {
  try {
    parseFields(text, '--fields');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

it('reads every part of a field', () => {
  expect(parseFields('amount:decimal(12, 2)?:index:min(0)=1.5', '--fields')).toEqual([
    {
      name: 'amount',
      type: 'decimal',
      args: ['12', '2'],
      array: false,
      optional: true,
      unique: false,
      index: true,
      min: '0',
      default: '1.5',
    },
  ]);
});

it.each([
  ['name', { type: 'string' }],
  ['notes?', { type: 'string', optional: true }],
  ['notes?:text', { type: 'text', optional: true }],
  ['name:unique', { type: 'string', unique: true }],
  ['due_on:date', { name: 'dueOn' }],
  ['tags:string(9)[]?', { array: true, optional: true, args: ['9'] }],
  ["title:string='New one'", { default: 'New one' }],
  [String.raw`title:string='it\'s'`, { default: "it's" }],
  ["kind:enum('in house'|b c|d)", { args: ['in house', 'b c', 'd'] }],
  // A word that every object has.
  ['title:text=constructor', { default: 'constructor' }],
  ['opensAt:time=08:30:00', { default: '08:30:00' }],
])('reads %s', (text, expected) => {
  expect(parseFields(text, '--fields')).toMatchObject([expected]);
});

it('has no fields in nothing', () => {
  expect(parseFields(' \n ', '--fields')).toEqual([]);
});

it.each([
  ['number:strng(32)', 'there is no type "strng"; did you mean "string"', 7],
  ['number:', 'a type is expected', 7],
  [':string', 'the name of a field is expected', 0],
  ['1st:int', '"1st" is no name of a field', 0],
  ['id:int', 'every resource has an id', 0],
  ['constructor:int', 'a field cannot be called "constructor"', 0],
  ['__proto__:int', '"__proto__" is no name of a field', 0],
  ['a:int a:text', '"a" is there twice', 6],
  ['dueOn:int due_on:text', '"dueOn" is there twice', 10],
  ['a:string(0)', 'string(length): a whole number from 1', 9],
  ['a:string(1,2)', '1 at most', 11],
  ['a:string(', 'a value is expected', 9],
  ['a:string(3', '")" is expected', 10],
  ['a:int(3)', 'int: nothing stands in brackets', 6],
  ['a:decimal', 'what stands in brackets is missing', 2],
  ['a:decimal(200,150)', 'a whole number from 0 to 100', 14],
  ['a:decimal(4,5)', 'a whole number from 0 to 4', 12],
  ['a:enum', 'the values are missing', 2],
  ['a:enum(x|x)', 'it is there twice', 9],
  ['a:enum("x`"|y)', 'a value has letters', 7],
  ['a:int=x', 'int has no such default', 6],
  ['a:int=3000000000', 'int has no such default', 6],
  ['a:timestamptz=today', 'timestamptz has no such default (it has now)', 14],
  ['a:date=2026-02-30', 'date has no such default', 7],
  ['a:enum(x|y)=z', 'enum has no such default', 12],
  ['a:int[]=1', 'an array has no default', 8],
  ['a:json[]', 'json holds arrays as it is', 2],
  ['a:int:min(x)', 'int: it is no value of the type', 10],
  ['a:int:min(3):max(2)', 'int: it is less than min', 17],
  ['a:boolean:min(1)', 'boolean has no min', 14],
  ['a:int:unqiue', '"unqiue" is nothing that a field can be; did you mean "unique"', 6],
  ['a:int:unique:unique', '"unique" is there twice', 13],
  ['status:enum(a) statuses:enum(b)[]', '"statuses" is there twice', 15],
  ['a:text="--> statement-breakpoint"', 'drizzle-kit ends a statement', 7],
  ['a:int,b:int', 'fields are separated by spaces, without commas', 5],
  ['a:int;', '";" is not expected here', 5],
  ["a:string='x", 'the quote is not closed', 9],
  ['a:string="x\ny"', 'a default is text on one line', 9],
])('refuses %j, and points at it', (text, reason, at) => {
  const [first = '', , caret = ''] = errorOf(text).split('\n');
  expect(first).toMatch(/^--fields: /);
  expect(first).toContain(reason);
  expect(caret.indexOf('^') - 2).toBe(at);
});

describe('references', () => {
  const scope = {
    resources: new Map([
      ['customer', 'customers'],
      ['customers', 'customers'],
      ['invoices', 'invoices'],
    ]),
    own: 'invoices',
  };
  const parse = (text: string) => parseFields(text, '--fields', scope);

  it.each([
    ['customer:ref(Customer)', { name: 'customerId', args: ['customers'], index: true }],
    ['customerId:ref(customers)', { name: 'customerId' }],
    ['customer:ref(customers):unique', { unique: true, index: false }],
    ['parent:ref(invoices, "set null")?', { args: ['invoices', 'set null'], optional: true }],
  ])('reads %s', (text, expected) => {
    const fields = parse(text);
    expect(fields).toMatchObject([expected]);
    expect(parse(fields.map(printField).join(' '))).toEqual(fields);
  });

  it.each([
    ['a:ref(custmers)', 'there is no resource "custmers"; did you mean "customers"'],
    ['a:ref', 'what stands in brackets is missing'],
    ['a:ref(customers,never)', 'one of restrict, cascade, set null is expected'],
    ['a:ref(customers,set null)', 'what is set to null is optional'],
    ['a:ref(invoices)', 'may have to be the first'],
    ['a:ref(customers)[]', 'there is no array of references'],
    ['a:ref(customers)=1', 'ref has no such default'],
    ['a:ref(customers) a:int', '"a" is there twice'],
    ['a:ref(customers) aId:int', '"aId" is there twice'],
  ])('refuses %s', (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });
});

it('shows the part of a long text that is wrong', () => {
  const text = `${'a:int '.repeat(0)}${Array.from({ length: 40 }, (_, index) => `f${index}:int`).join(' ')} bad:xx`;
  const [, shown = '', caret = ''] = errorOf(text).split('\n');
  expect(shown.slice(caret.indexOf('^'))).toBe('xx');
  expect(shown.length).toBeLessThan(80);
});

it('reads what it has written', () => {
  const fields = parseFields(EVERY_TYPE, 'every type');
  expect(parseFields(fields.map(printField).join(' '), 'again')).toEqual(fields);
});

/** Pieces of the grammar and what could break out of it, in any order. */
const anything = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Object.keys(FIELD_TYPES)),
      fc.constantFrom(
        ':',
        '(',
        ')',
        '[]',
        '?',
        '=',
        ',',
        '|',
        ' ',
        '\n',
        "'",
        '"',
        '\\',
        '`',
        '${',
        '}',
        '*/',
      ),
      fc.constantFrom(
        'name',
        'a',
        'unique',
        'index',
        'min',
        'max',
        'now',
        'uuid',
        '1',
        '12',
        '-3',
        '0.5',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

it('refuses in words, or reads what it writes again, whatever it is given', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const reason = errorOf(text);
      if (reason !== '') {
        expect(reason).toMatch(/^--fields: [^\n]+[.?]\n[^\n]*\n *\^$/);
        return;
      }
      const fields = parseFields(text, '--fields');
      expect(parseFields(fields.map(printField).join(' '), 'again')).toEqual(fields);
    }),
    { numRuns: 3000 },
  );
});
