import { DatabaseUnavailableError, TenancyError } from '../errors.js';
import { causes, SqlState, sqlState } from './server-errors.js';

/** The error of a connection that could not be opened. Nothing was done, and it says what may help. */
export function connectError(cause: unknown): TenancyError {
  if (cause instanceof TenancyError) return cause;
  return new DatabaseUnavailableError(cause, causes(cause).some(mayPass));
}

/**
 * What a network, a machine or a server gets over by itself. All else needs somebody to correct it: a
 * name that nobody has, a password, a certificate, TLS on one side alone.
 */
const MAY_PASS: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Connection exceptions, which poolers tell of a server that they cannot reach; resources that are
 * used up; a server that starts or stops, or took too long to let one in; and errors of its system.
 * Not 08004 (rejected), nor 57P04 (the database was dropped).
 */
const STATES_THAT_PASS = /^(?:08(?:...)(?<!08004)|53...|57014|57P0[123]|58000|58030)$/;

function mayPass(error: unknown): boolean {
  const state = sqlState(error);
  if (state === SqlState.protocolViolation) return !needsCorrection((error as Error).message);
  if (state !== undefined) return STATES_THAT_PASS.test(state);
  const { code, syscall } = error as Partial<NodeJS.ErrnoException>;
  // The socket of a server that is stopped is no file any more.
  return MAY_PASS.has(code ?? '') || (code === 'ENOENT' && syscall === 'connect');
}

/** PgBouncer has one state for all that it says, and for the last error of the server itself. */
function needsCorrection(message: string): boolean {
  return NEEDS_CORRECTION.test(message);
}

const NEEDS_CORRECTION =
  /no such|does not exist|authentication|password|login rejected|no pg_hba|not permitted|not allowed|not supported|unsupported|required|invalid|too long|is disabled|config error|no user ?name/i;
