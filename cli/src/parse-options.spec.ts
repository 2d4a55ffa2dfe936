import { parseOptions } from './parse-options';
import type { OptionsSchema } from './schema';

const schema: OptionsSchema = {
  properties: {
    name: { type: 'string', $default: { $source: 'argv', index: 0 } },
    orm: { type: 'string', enum: ['drizzle', 'typeorm'] },
    skipGit: { type: 'boolean', alias: 'g' },
    packageManager: { type: 'string', aliases: ['p', 'pm'] },
    spec: { type: 'boolean', default: true },
    pool: { type: 'integer' },
    tags: { type: 'array' },
    noise: { type: 'string' },
  },
};
const options = (...args: string[]) => parseOptions(schema, args).options;

describe('parseOptions', () => {
  it.each([
    [['--orm=typeorm'], { orm: 'typeorm' }],
    [['--orm', 'typeorm'], { orm: 'typeorm' }],
    [['--skip-git'], { skipGit: true }],
    [['--skipGit'], { skipGit: true }],
    [['--skipGit=false'], { skipGit: false }],
    [['--skip-git', 'false'], { skipGit: false }],
    [['-g'], { skipGit: true }],
    [['--no-spec'], { spec: false }],
    [['--noSpec'], { spec: false }],
    [['--noise', 'loud'], { noise: 'loud' }],
    [['--packageManager', 'pnpm'], { packageManager: 'pnpm' }],
    [['-p', 'pnpm'], { packageManager: 'pnpm' }],
    [['-p=pnpm'], { packageManager: 'pnpm' }],
    [['--pool', '-1'], { pool: -1 }],
    [['--pool=many'], { pool: 'many' }],
    [['--tags', 'a', '--tags=b'], { tags: ['a', 'b'] }],
    [['--orm='], { orm: '' }],
    [['--orm=a=b'], { orm: 'a=b' }],
  ])('reads %j', (args, expected) => {
    expect(options(...args)).toEqual(expected);
  });

  it('does not take the name for the value of a switch', () => {
    expect(options('--skip-git', 'shop')).toEqual({ skipGit: true, name: 'shop' });
  });

  it('leaves text as it is, even when it looks like a number or a switch', () => {
    expect(options('007', '--noise=true')).toEqual({ name: '007', noise: 'true' });
  });

  it('takes what follows -- literally', () => {
    expect(options('--', '--name')).toEqual({ name: '--name' });
  });

  it('passes on flags that the schema does not list', () => {
    expect(parseOptions({}, ['shop', '--a', '1', '--b=x', '--no-c', '--d']).options).toEqual({
      name: 'shop',
      a: 1,
      b: 'x',
      c: false,
      d: true,
    });
  });

  it.each([['-d'], ['--dry-run'], ['--dryRun']])('understands %s itself', (flag) => {
    expect(parseOptions(schema, ['shop', flag])).toMatchObject({
      dryRun: true,
      options: { name: 'shop' },
    });
  });

  it('gives a schematic its own dryRun too, and does not write either', () => {
    const own = { properties: { dryRun: { type: 'boolean' } } };
    expect(parseOptions(own, ['--dry-run'])).toMatchObject({
      dryRun: true,
      options: { dryRun: true },
    });
  });

  it('asks questions unless told not to', () => {
    expect(parseOptions(schema, []).interactive).toBe(true);
    expect(parseOptions(schema, ['--no-interactive']).interactive).toBe(false);
  });

  it.each([
    [['--orm'], '--orm needs a value: drizzle or typeorm.'],
    [['--packageManager', '--orm=x'], '--packageManager needs a value.'],
    [['a', 'b'], '"b" is one argument too many. Write flags with their dashes.'],
    [['a', '--name=b'], '--name is given twice: "b" and "a".'],
  ])('refuses %j in one line', (args, message) => {
    expect(() => options(...args)).toThrow(message);
  });
});
