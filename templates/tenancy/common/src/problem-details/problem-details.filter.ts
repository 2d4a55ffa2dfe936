import { describeError, tryCurrentTenant } from '@mt/runtime';
import {
  ArgumentsHost,
  Catch,
  ExceptionFilter,
  HttpStatus,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { toProblem, type ProblemDetails } from './problem-details.js';
import { tellProblem } from './tell-problem.js';

/** By HTTP they change nothing, so that clients may send them again. */
const READS = ['GET', 'HEAD', 'OPTIONS'];

/** Answers every error as `application/problem+json`; other transports than HTTP get the same members. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemDetailsFilter.name);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost) {
    if (host.getType() !== 'http') {
      const problem = toProblem(exception);
      this.log(exception, problem, host.getType());
      return tellProblem(problem, host);
    }
    const { httpAdapter } = this.adapterHost;
    const request = host.switchToHttp().getRequest<unknown>();
    const method = httpAdapter.getRequestMethod(request);
    // The query string may hold data of users, so it stays out of the log.
    const [path] = httpAdapter.getRequestUrl(request).split('?');

    const problem = toProblem(exception, READS.includes(method));
    this.log(exception, problem, `${method} ${path}`);
    this.answer(problem, host);
  }

  /** Logs the error: the answer does not say what happened. */
  private log(
    exception: unknown,
    { status, code }: ProblemDetails,
    what: string,
  ) {
    if (status < HttpStatus.INTERNAL_SERVER_ERROR) return;

    const tenant = tryCurrentTenant()?.slug ?? 'no tenant';
    // Only unexpected errors are logged with their stack: under overload stacks would fill the log.
    const stack = code === HttpStatus[HttpStatus.INTERNAL_SERVER_ERROR];
    const line = `${tenant}: ${what}: ${describeError(exception, { stack })}`;
    if (status === HttpStatus.SERVICE_UNAVAILABLE) this.logger.warn(line);
    else this.logger.error(line);
  }

  private answer(problem: ProblemDetails, host: ArgumentsHost) {
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<unknown>();
    if (httpAdapter.isHeadersSent(response)) return httpAdapter.end(response);

    if (problem.status === HttpStatus.SERVICE_UNAVAILABLE) {
      httpAdapter.setHeader(response, 'Retry-After', '1');
    }
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    httpAdapter.reply(response, problem, problem.status);
  }
}
