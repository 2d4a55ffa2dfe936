import type { ArgumentMetadata } from '@nestjs/common';
import { InputPipe } from './input.pipe.js';

describe('InputPipe', () => {
  const pipe = new InputPipe();
  const body: ArgumentMetadata = { type: 'body' };
  const nested = (depth: number) =>
    JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

  it.each([
    undefined,
    'naïve 😀',
    { name: 'Ada', tags: ['a', null, 1, true] },
    nested(100),
  ])('lets %j pass as it is', (value) => {
    expect(pipe.transform(value, body)).toBe(value);
  });

  it.each([
    ['half of a character', { email: '\ud800@example.com' }],
    ['one in a name', { list: [{ '\udfff': 1 }] }],
    ['what is nested too deeply', nested(200)],
    ['what is nested far too deeply', { name: nested(100_000) }],
    ['null', null],
  ])('refuses %s', (_what, value) => {
    expect(() => pipe.transform(value, body)).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });

  it('looks at parameters too, and not at what the application makes itself', () => {
    expect(() => pipe.transform('\udc00', { type: 'query' })).toThrow();
    const value = { '\udc00': null };
    expect(pipe.transform(value, { type: 'custom' })).toBe(value);
  });

  it('comes to an end with what refers to itself', () => {
    const value: { self?: unknown[] } = {};
    value.self = [value, value];
    expect(pipe.transform(value, body)).toBe(value);
  });
});
