import { UnsupportedStatementError } from '../errors.js';
import {
  bind,
  complete,
  copyIn,
  end,
  isSettling,
  mayWrite,
  NEW,
  owesSync,
  parse,
  prepare,
  query,
  start,
  sync,
  type SubmittableState,
} from './submittable-state.js';

const open = start(NEW);
const prepared = prepare(NEW, 1);
const bound = start(complete(prepared, undefined));
const simple = query(open, 1);
const extended = parse(open, 1);
const reading = bind(complete(extended, undefined), 'portal');
const completed = complete(reading, 'SELECT 1');
const over = end(extended);

const ALL: Record<SubmittableState['at'], SubmittableState> = {
  new: NEW,
  prepared,
  bound,
  open,
  simple,
  extended,
  completed,
  over,
};

const EVENTS: Record<string, (state: SubmittableState) => SubmittableState> = {
  start,
  prepare: (state) => prepare(state, 1),
  query: (state) => query(state, 1),
  parse: (state) => parse(state, 1),
  bind: (state) => bind(state, 'portal'),
  sync,
  copyIn,
  end,
};

/** Where each event leads; all others leave the state as it is, or are refused. */
const TRANSITIONS: [SubmittableState['at'], event: string, SubmittableState['at']][] = [
  ['new', 'start', 'open'],
  ['new', 'prepare', 'prepared'],
  ['open', 'query', 'simple'],
  ['open', 'parse', 'extended'],
  ['bound', 'query', 'extended'],
  ['bound', 'parse', 'extended'],
  ['extended', 'bind', 'extended'],
  ['extended', 'sync', 'extended'],
  ['extended', 'copyIn', 'extended'],
  ...Object.values(ALL).map(({ at }): [typeof at, string, 'over'] => [at, 'end', 'over']),
];
const REFUSED = new Set(['query', 'parse', 'bind']);

it('names each state by itself', () => {
  for (const [at, state] of Object.entries(ALL)) expect(state.at).toBe(at);
});

describe.each(Object.keys(EVENTS))('%s', (event) => {
  it.each(Object.entries(ALL))('of what is %s', (at, state) => {
    const happens = () => EVENTS[event]?.(state);
    const [, , next] = TRANSITIONS.find(([from, by]) => from === at && by === event) ?? [];
    if (next) expect(happens()?.at).toBe(next);
    else if (REFUSED.has(event)) expect(happens).toThrow(UnsupportedStatementError);
    else expect(happens()).toBe(state);
  });
});

it.each([
  ['as text', simple],
  ['as messages', extended],
  ['before it is asked to write', prepared],
])('counts the settings in front of what is sent %s', (_, state) => {
  expect(isSettling(state)).toBe(true);
  const settled = complete(state, 'SELECT 0');
  expect(settled.at).toBe(state.at);
  expect(isSettling(settled)).toBe(false);
  // What comes then is the object's own.
  expect(complete(settled, 'SELECT 1')).toBe(settled);
});

it('starts what is prepared once the server has it', () => {
  expect(start(prepared)).toBe(prepared);
  expect(bound.at).toBe('bound');
});

it('ends a portal with what the server said of it', () => {
  expect(completed).toEqual({ at: 'completed', completion: 'SELECT 1' });
  expect(complete(sync(reading), 'SELECT 1')).toEqual(completed);
});

it('owes the server one Sync, and another for a COPY that has ignored it', () => {
  const owing = Object.values(ALL).filter(owesSync);
  expect(owing.map(({ at }) => at)).toEqual(['prepared', 'bound', 'extended']);
  expect(owesSync(sync(extended))).toBe(false);
  expect(owesSync(copyIn(sync(extended)))).toBe(true);
  expect(owesSync(copyIn(simple))).toBe(false);
});

it('remembers at its end which protocol it was in', () => {
  const isExtended = Object.values(ALL).map((state) => {
    const last = end(state);
    return last.at === 'over' && last.isExtended ? state.at : undefined;
  });
  expect(isExtended.filter(Boolean)).toEqual([
    'prepared',
    'bound',
    'extended',
    'completed',
    'over',
  ]);
});

it('lets the object write where it has been asked to, until it is done', () => {
  const writing = Object.values(ALL).filter(mayWrite);
  expect(writing.map(({ at }) => at)).toEqual(['bound', 'open', 'simple', 'extended']);
});
