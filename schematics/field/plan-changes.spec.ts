import { parseFields, printField } from '../rendering/resource';
import { planChanges } from './plan-changes';
import { risksOf } from './risks';

const FIELDS = parseFields(
  'number:string(32):unique amount:decimal(9,2) status:enum(a|b)?',
  'before',
);

type Options = Parameters<typeof planChanges>[1];

const plan = (options: Options) => planChanges(FIELDS, options);
const after = (options: Options) => plan(options).fields.map(printField).join(' ');

it('changes fields where they stand, and adds at the end', () => {
  expect(
    after({
      add: 'notes:text?',
      change: 'amount:decimal(12,2)=0',
      rename: 'number:code',
      drop: 'status',
    }),
  ).toBe('code:string(32):unique amount:decimal(12,2)=0 notes:text?');
});

it('changes what was renamed by its new name, and takes a name that became free', () => {
  expect(after({ rename: 'number:code', change: 'code:text', add: 'number:int?' })).toBe(
    'code:text amount:decimal(9,2) status:enum(a|b)? number:int?',
  );
});

it('tells a renamed field from a new one', () => {
  const { changes } = plan({ rename: 'number:code' });
  expect(changes.map(({ before: b, after: a }) => [b?.name, a?.name])).toEqual([
    ['number', 'code'],
  ]);
});

it.each<[Options, RegExp]>([
  [{}, /^Nothing is to be changed: say what with --add/],
  [{ change: 'amount:decimal(9,2)' }, /^Nothing is to be changed/],
  [{ add: 'amount:int' }, /^--add: there is a field "amount" already; --change/],
  [{ change: 'amounts:int' }, /^--change: there is no field "amounts"; did you mean "amount"\?/],
  [{ drop: 'amount numbr' }, /^--drop: there is no field "numbr"; .*\n {2}amount numbr\n {9}\^$/],
  [{ drop: 'amount amount' }, /^--drop: there is no field "amount"/],
  [{ rename: 'amount' }, /^--rename: a name and the new one are expected/],
  [{ rename: 'amount:a:b' }, /^--rename: a name and the new one are expected/],
  [{ rename: 'amount:number' }, /^--rename: there is a field "number" already/],
  [{ rename: 'amount:id' }, /^--rename: every resource has an id/],
  [{ rename: 'amount:x?' }, /^--rename: a name is expected behind/],
  [{ add: '' }, /^--add names no field/],
  [{ drop: 'number amount status' }, /^No field would be left/],
  [{ add: 'x:in' }, /^--add: there is no type "in"/],
])('refuses %j', (options, message) => {
  expect(() => plan(options)).toThrow(message);
});

it.each<[Options, string[]]>([
  [{ add: 'a:text? b:int=1 c:uuid:unique=uuid d:int?:unique' }, []],
  [{ change: 'number:text:unique amount:decimal(12,3) status:enum(a|b|c)?' }, []],
  [{ rename: 'number:code' }, []],
  [{ drop: 'status' }, ['status: dropped']],
  [{ add: 'a:int' }, ['a: required and without a default']],
  [{ add: 'a:int:unique=1' }, ['a: unique, and the same in all rows']],
  [{ change: 'number:string(9):unique' }, ['number: values become string']],
  [{ change: 'amount:decimal(9,4)' }, ['amount: values become decimal']],
  [{ change: 'amount:decimal(9,2):unique:min(1)' }, ['amount: unique', 'amount: limited']],
  [{ change: 'status:enum(a|c)?' }, ['status: limited']],
  [{ change: 'status:enum(a|b)' }, ['status: required, so']],
  [{ change: 'status:enum(a|b)=a' }, []],
  [{ change: 'status:string(9)?' }, []],
  [{ change: 'number:email:unique' }, ['number: values become email']],
  [{ change: 'status:text[]?' }, ['status: values become text']],
])('says what %j puts at risk', (options, risks) => {
  const found = risksOf(plan(options).changes);
  expect(found).toHaveLength(risks.length);
  for (const [index, risk] of risks.entries()) expect(found[index]).toContain(risk);
});
