import { channel, type Channel } from 'node:diagnostics_channel';
import { contained } from '../contained.js';
import type { LateStatementError } from '../errors.js';
import type { Tenant } from '../tenant/tenant.js';

/** A statement that has ended. Its parameters are never told: they are the application's data. */
export interface StatementEvent {
  /** Undefined for code that works without a tenant. */
  readonly tenant: Tenant | undefined;
  /** As it was sent, with placeholders for its parameters. */
  readonly text: string;
  /** From sending it to its answer, in milliseconds, without the wait for a connection. */
  readonly durationMs: number;
  readonly error: Error | undefined;
}

/** A statement was sent as a tenant whose request had been answered. */
export interface LateStatementEvent {
  readonly tenant: Tenant;
  /** Its stack tells where the statement was sent. */
  readonly error: LateStatementError;
}

/** A request for a connection that came to nothing. */
export interface CheckoutEvent {
  readonly tenant: Tenant | undefined;
  readonly waitedMs: number;
  readonly error: Error;
}

/** A connection was lost while nobody used it. The pool replaces it by itself. */
export interface ConnectionEvent {
  readonly placement: string;
  readonly error: Error;
}

/** The isolation check has found what must not be. */
export interface IsolationEvent {
  readonly violations: readonly string[];
}

/** What is published, by the part of the channel's name behind `mt:`. */
export interface DiagnosticEvents {
  /** Each statement that ends. */
  statement: StatementEvent;
  /** Each statement that took `slowStatementMs` or longer. */
  'slow-statement': StatementEvent;
  /** Each statement that failed. */
  'failed-statement': StatementEvent & { readonly error: Error };
  /**
   * Each statement that is sent after its request was answered: work that nobody awaits, or that runs
   * as whoever came before.
   */
  'late-statement': LateStatementEvent;
  /** Each request for a connection that was refused, timed out or could not be served. */
  'failed-checkout': CheckoutEvent;
  'lost-connection': ConnectionEvent;
  'isolation-violation': IsolationEvent;
}

const channels = new Map<keyof DiagnosticEvents, Channel>();

/** The channel of `node:diagnostics_channel` for a kind of event: `mt:statement` for `statement`. */
export function diagnosticsChannel(event: keyof DiagnosticEvents): Channel {
  let known = channels.get(event);
  if (!known) {
    known = channel(`mt:${event}`);
    channels.set(event, known);
  }
  return known;
}

/**
 * Has a listener told of what happens: for logs, metrics and traces. It runs right where the event
 * happens, so it should be quick. What it throws, or rejects with, becomes a warning of the process.
 *
 * @returns ends it
 * @example
 * ```ts
 * const stop = onDiagnostics('slow-statement', ({ tenant, text, durationMs }) => {
 *   logger.warn(`${tenant?.slug ?? 'no tenant'}: ${Math.round(durationMs)} ms for ${text}`);
 * });
 * ```
 */
export function onDiagnostics<K extends keyof DiagnosticEvents>(
  event: K,
  listener: (event: DiagnosticEvents[K]) => unknown,
): () => void {
  const target = diagnosticsChannel(event);
  const subscriber = (message: unknown) => {
    contained(() => listener(message as DiagnosticEvents[K]));
  };
  target.subscribe(subscriber);
  return () => {
    target.unsubscribe(subscriber);
  };
}

export function publish<K extends keyof DiagnosticEvents>(
  event: K,
  make: () => DiagnosticEvents[K],
): void {
  const target = diagnosticsChannel(event);
  if (target.hasSubscribers) target.publish(make());
}
