import { UnsupportedStatementError } from '../errors.js';

/**
 * How far a cursor or a stream is. What it may do, and what the server may say, depends on that:
 *
 * | state       | what was written                | event → next state                                       |
 * | ----------- | ------------------------------- | -------------------------------------------------------- |
 * | `new`       | nothing; it knows of nothing    | `start` → open; `prepare` (a COPY out) → prepared        |
 * | `prepared`  | settings, its text, bound       | `start`, once the server has bound all → bound           |
 * | `bound`     | the same                        | `query` → extended; `parse` → extended                   |
 * | `open`      | nothing                         | `query` → simple; `parse` → extended                     |
 * | `simple`    | settings and its text, as text  | `complete` counts the settings                           |
 * | `extended`  | settings and its text, messages | `bind`, `sync`, `copyIn`; `complete` → completed, for a portal |
 * | `completed` | its portal is closed, and Sync  | it is told of that with the next                         |
 * | `over`      |                                 |                                                          |
 *
 * From each of them `end` leads to `over`: by an error, or when the server is ready. An object writes
 * in `bound`, `open`, `simple` and `extended` alone.
 */
export type SubmittableState =
  | { readonly at: 'new' | 'open' | 'bound' }
  | ({ readonly at: 'prepared' | 'simple' } & Settling)
  | Extended
  | {
      readonly at: 'completed';
      /** What the server said at the end of the portal. */
      readonly completion: unknown;
    }
  | {
      readonly at: 'over';
      /** Whether it was in the extended protocol, in which a COPY that fails is followed by a Sync. */
      readonly isExtended: boolean;
    };

interface Settling {
  /** Statements of the settings that the server has not answered. */
  readonly settling: number;
}

interface Extended extends Settling {
  readonly at: 'extended';
  /** Whether the server waits for a Sync before it is ready for anything else. */
  readonly owesSync: boolean;
  /** What it reads from, if that has a name. */
  readonly portal: string | undefined;
}

export const NEW: SubmittableState = Object.freeze({ at: 'new' });

/** The object is asked to write. */
export function start(state: SubmittableState): SubmittableState {
  if (state.at === 'new') return { at: 'open' };
  return state.at === 'prepared' && state.settling === 0 ? { at: 'bound' } : state;
}

/** Its text was sent before it is asked to write, behind so many settings. */
export function prepare(state: SubmittableState, settling: number): SubmittableState {
  return state.at === 'new' ? { at: 'prepared', settling } : state;
}

/**
 * It has sent its text, as text; where the server has that already, as the word to run it.
 *
 * @throws UnsupportedStatementError where that is not its first one
 */
export function query(state: SubmittableState, settling: number): SubmittableState {
  if (state.at === 'open') return { at: 'simple', settling };
  if (state.at === 'bound') return extended(0);
  throw anotherText();
}

/**
 * It has sent its text to be parsed.
 *
 * @throws UnsupportedStatementError where that is not its first one
 */
export function parse(state: SubmittableState, settling: number): SubmittableState {
  if (state.at === 'open' || state.at === 'bound') return extended(settling);
  throw anotherText();
}

/**
 * It has bound what it had parsed.
 *
 * @throws UnsupportedStatementError where it has parsed nothing: what was parsed last on the connection
 *   may be another tenant's
 */
export function bind(state: SubmittableState, portal: string | undefined): SubmittableState {
  if (state.at === 'extended') return { ...state, portal };
  throw anotherText();
}

/** A Sync was written. */
export function sync(state: SubmittableState): SubmittableState {
  return state.at === 'extended' ? { ...state, owesSync: false } : state;
}

/** The server takes rows in; where a Sync was sent already, it has ignored that. */
export function copyIn(state: SubmittableState): SubmittableState {
  return state.at === 'extended' ? { ...state, owesSync: true } : state;
}

/** The server has completed a statement: one of the settings, the portal, or another. */
export function complete(state: SubmittableState, completion: unknown): SubmittableState {
  if ('settling' in state && state.settling > 0) {
    return { ...state, settling: state.settling - 1 };
  }
  return state.at === 'extended' && state.portal ? { at: 'completed', completion } : state;
}

/** An error has ended it, or the server is ready for what comes next. */
export function end(state: SubmittableState): SubmittableState {
  return state.at === 'over' ? state : { at: 'over', isExtended: !IN_NO_PROTOCOL.has(state.at) };
}

const IN_NO_PROTOCOL: ReadonlySet<SubmittableState['at']> = new Set(['new', 'open', 'simple']);

/** Whether the server has settings to answer first. */
export function isSettling(state: SubmittableState): boolean {
  return 'settling' in state && state.settling > 0;
}

export function owesSync(state: SubmittableState): boolean {
  if (state.at === 'extended') return state.owesSync;
  return state.at === 'prepared' || state.at === 'bound';
}

/** Whether the object may write, and the connection is still its own. */
export function mayWrite({ at }: SubmittableState): boolean {
  return at === 'open' || at === 'bound' || at === 'simple' || at === 'extended';
}

function extended(settling: number): SubmittableState {
  return { at: 'extended', settling, owesSync: true, portal: undefined };
}

/** A cursor or a stream that does not send what it shows. */
export function anotherText(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A cursor or stream sends another text than the one that it shows',
    'It sends its `text`, once; leave that as it is once it is passed to query().',
  );
}
