import { TenancyError, type TenancyErrorCode } from '@mt/runtime';
import { HttpStatus } from '@nestjs/common';
import type { Refusal } from './database-refusals.js';

/**
 * What a request did wrong. The message says it, and nothing that the client does not know.
 * TENANT_CONTEXT_MISSING is not among them: code that sends a statement without a tenant is wrong
 * itself. A request that lacks its tenant is refused by TenantGuard.
 */
const WRONG: Partial<Record<TenancyErrorCode, HttpStatus>> = {
  TENANT_SLUG_INVALID: HttpStatus.BAD_REQUEST,
  TENANT_AMBIGUOUS: HttpStatus.BAD_REQUEST,
  TENANT_NOT_ACTIVE: HttpStatus.FORBIDDEN,
  TENANT_NOT_FOUND: HttpStatus.NOT_FOUND,
  TENANT_EXISTS: HttpStatus.CONFLICT,
};

/** Errors of a server that is busy or away. Their messages name pools and limits, and are for the log only. */
const UNAVAILABLE: ReadonlySet<TenancyErrorCode> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DEADLOCK',
  'CONNECTION_LOST',
  'CONNECTION_TIMEOUT',
  'DATABASE_UNAVAILABLE',
  'PREPARED_STATEMENT_REFUSED',
  'QUEUE_FULL',
]);

/**
 * @param isRead whether the request may be sent again whatever became of it
 * @returns undefined for what a client may know nothing of
 */
export function findTenancyRefusal(
  error: Error,
  isRead: boolean,
): Refusal | undefined {
  if (!(error instanceof TenancyError)) return;
  const { code, message, retryable } = error;

  const status = WRONG[code];
  if (status) return { status, code, detail: message };

  const isLost = code === 'CONNECTION_LOST';
  // 503 has clients, and proxies on the way, send the request again: only where that is safe and may help.
  if ((retryable || (isLost && isRead)) && UNAVAILABLE.has(code)) {
    return {
      status: HttpStatus.SERVICE_UNAVAILABLE,
      code,
      detail: 'The server cannot answer at the moment. Try again shortly.',
    };
  }
  if (isLost) {
    return {
      status: HttpStatus.INTERNAL_SERVER_ERROR,
      code,
      detail: 'Whether the request took effect is not known.',
    };
  }
  // Not 503, because the same request would take as long again.
  if (code === 'STATEMENT_TIMEOUT') {
    return {
      status: HttpStatus.GATEWAY_TIMEOUT,
      code,
      detail: 'The request took too long, and was stopped.',
    };
  }
  return;
}
