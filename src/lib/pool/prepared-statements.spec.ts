import { textHash } from '../text-hash.js';
import { PreparedStatements, type StatementOfSchema } from './prepared-statements.js';

const LIMITS = { maxStatements: 100, maxBytes: 1_000_000 };
const SOURCE = 'select * from "$tenant".items where id = $1';
const schema = (n: number) => `"tenant_${n}"`;

const statement = (n: number, source = SOURCE): StatementOfSchema => {
  const text = source.replaceAll('"$tenant"', schema(n));
  return { source, schema: schema(n), hash: textHash(text), text };
};

function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** @returns the share of uses that were served, and how many statements were closed for each use */
function serve(statements: PreparedStatements, draw: () => number, uses: number) {
  let served = 0;
  let closed = 0;
  for (let n = 0; n < uses; n++) {
    const number = draw();
    const found = statements.use(statement(number));
    closed += statements.takeClosed().length;
    if (found?.isParsed) served++;
    else if (found) found.isParsed = true;
  }
  return { served: served / uses, closed: closed / uses };
}

it('serves everything where everything fits', () => {
  const random = numbers();
  const statements = new PreparedStatements(LIMITS);
  serve(statements, () => Math.floor(random() * 80), 5_000);
  expect(serve(statements, () => Math.floor(random() * 80), 5_000).served).toBeGreaterThan(0.98);
});

it('never thrashes where more are used alike than fit', () => {
  const random = numbers();
  const statements = new PreparedStatements(LIMITS);
  const draw = () => Math.floor(random() * 1_000);
  serve(statements, draw, 20_000);
  const { served, closed } = serve(statements, draw, 20_000);
  expect(closed).toBeLessThan(1 / 32);
  // As many as those that are kept are of all.
  expect(served).toBeGreaterThan(0.07);
  expect(statements.size).toBe(100);
});

it('keeps those that are used most', () => {
  const random = numbers();
  const statements = new PreparedStatements(LIMITS);
  // Of 1,000 by Zipf's law the first hundred are used by 69 of a hundred.
  const draw = () => Math.floor(Math.exp(random() * Math.log(1_000))) - 1;
  serve(statements, draw, 30_000);
  expect(serve(statements, draw, 20_000).served).toBeGreaterThan(0.6);
});

it('follows what is used now', () => {
  const statements = new PreparedStatements(LIMITS);
  const random = numbers();
  serve(statements, () => Math.floor(random() * 100), 5_000);
  serve(statements, () => 1_000 + Math.floor(random() * 100), 20_000);
  const { served } = serve(statements, () => 1_000 + Math.floor(random() * 100), 5_000);
  expect(served).toBeGreaterThan(0.9);
});

it('forgets a schema’s, and all', () => {
  const statements = new PreparedStatements(LIMITS);
  for (let n = 0; n < 30; n++) statements.use(statement(n % 3));
  expect(statements.size).toBe(3);
  statements.forgetSchema(schema(1));
  expect(statements.size).toBe(2);
  expect(statements.takeClosed()).toHaveLength(1);
  statements.forgetAll();
  expect(statements.size).toBe(0);
  expect(statements.takeClosed()).toHaveLength(2);
});

it('has one name for a text, of 128 bits, that PostgreSQL does not cut', () => {
  const name = (n: number) => {
    const statements = new PreparedStatements(LIMITS);
    statements.use(statement(n));
    return statements.use(statement(n))?.name ?? '';
  };
  expect(name(1)).toBe(name(1));
  expect(name(1)).not.toBe(name(2));
  expect(name(1)).toMatch(/^mt_[\w-]{22}$/);
});

describe('after a minute', () => {
  let now = 0;
  beforeEach(() => jest.spyOn(performance, 'now').mockImplementation(() => now));
  afterEach(() => jest.restoreAllMocks());

  it('prepares anew, since the types of parameters may have changed in silence', () => {
    const statements = new PreparedStatements(LIMITS);
    statements.use(statement(1));
    const first = statements.use(statement(1));
    now = 59_999;
    expect(statements.use(statement(1))).toBe(first);
    now = 60_000;
    const second = statements.use(statement(1));
    expect(second).not.toBe(first);
    expect(second).toMatchObject({ name: first?.name, isParsed: false, rows: undefined });
    expect(statements.takeClosed()).toEqual([first?.name]);
    expect(statements.size).toBe(1);
  });
});

it('closes none where the room of several would be needed', () => {
  const long = statement(99, `${SOURCE} ${'-'.repeat(150)}`);
  const statements = new PreparedStatements({ maxStatements: 100, maxBytes: 250 });
  for (let n = 0; n < 10; n++) statements.use(statement(n % 5));
  const { size } = statements;
  expect(size).toBeGreaterThan(2);
  for (let n = 0; n < 100; n++) statements.use(long);
  expect(statements.size).toBe(size);
  expect(statements.takeClosed()).toEqual([]);
});
