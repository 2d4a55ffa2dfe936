import { STATUS_CODES } from 'node:http';
import { isRetryable } from '@mt/runtime';
import { HttpException, HttpStatus } from '@nestjs/common';
import { findDatabaseRefusal } from './database-refusals.js';
import { errorChain } from './error-chain.js';
import { findPlatformRefusal } from './platform-refusals.js';
import { membersOf } from './problem-members.js';
import { findTenancyRefusal } from './tenancy-refusals.js';

/** RFC 9457. `code` is stable: clients match on it, never on the text. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** Further members of an exception, for example the limits of a plan. */
  [member: string]: unknown;
}

/**
 * The problem that a client may know of an error. An error that is not meant for clients becomes a plain 500.
 *
 * @param isRead whether the request changes nothing, and may be sent again whatever became of it
 */
export function toProblem(error: unknown, isRead = false): ProblemDetails {
  for (const each of errorChain(error)) {
    const found = fromKnownError(each, isRead);
    if (found) return found;
  }
  // Transactions that got in each other's way: PostgreSQL has undone this one.
  if (isRetryable(error)) {
    return problem(
      HttpStatus.SERVICE_UNAVAILABLE,
      'Another request got in the way. Try again shortly.',
      'TRANSACTION_CONFLICT',
    );
  }
  return problem(
    HttpStatus.INTERNAL_SERVER_ERROR,
    'Something went wrong on the server.',
  );
}

/** @param detail default: no more than the status says */
export function problem(
  status: number,
  detail: string,
  code?: string,
): ProblemDetails {
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    type: 'about:blank',
    title,
    status,
    detail: detail || title,
    code: code ?? codeOf(status),
  };
}

function fromKnownError(
  error: Error,
  isRead: boolean,
): ProblemDetails | undefined {
  if (error instanceof HttpException) {
    const { errorCode } = error;
    return fromException(error.getStatus(), error.getResponse(), errorCode);
  }
  // Exceptions of GraphQL, WebSockets and microservices, which are packages of their own.
  if (error.name === 'GraphQLError' && 'extensions' in error) {
    const response = { message: error.message, ...Object(error.extensions) };
    return fromException(HttpStatus.BAD_REQUEST, response);
  }
  if ('getError' in error && typeof error.getError === 'function') {
    return fromException(HttpStatus.BAD_REQUEST, error.getError());
  }
  const refusal =
    findTenancyRefusal(error, isRead) ??
    findDatabaseRefusal(error) ??
    findPlatformRefusal(error);
  return refusal && problem(refusal.status, refusal.detail, refusal.code);
}

function fromException(
  status: number,
  response: unknown,
  code?: string,
): ProblemDetails | undefined {
  // A status that cannot be sent is a mistake of the application.
  if (!(status >= 200 && status <= 599)) return;
  if (typeof response === 'string') return problem(status, response, code);
  const plain = problem(status, '', code);
  return { ...plain, ...membersOf(response, plain.title), status };
}

/** `PAYMENT_REQUIRED` for 402. */
function codeOf(status: number): string {
  const name = HttpStatus[status] ?? STATUS_CODES[status] ?? `HTTP ${status}`;
  return name.toUpperCase().replace(/\W+/g, '_');
}
