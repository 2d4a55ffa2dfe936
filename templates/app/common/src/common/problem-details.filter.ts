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
    // What follows the question mark is for the application alone, like a body.
    const [path] = httpAdapter.getRequestUrl(request).split('?');

    const problem = toProblem(exception, READS.includes(method));
    this.log(exception, problem, `${method} ${path}`);
    this.answer(problem, host);
  }

  /** The answer does not say what happened, so the log has to. */
  private log(
    exception: unknown,
    { status, code }: ProblemDetails,
    what: string,
  ) {
    if (status < HttpStatus.INTERNAL_SERVER_ERROR) return;

    const tenant = tryCurrentTenant()?.slug ?? 'no tenant';
    // The way to where it happened is for what nobody expected: an overload is no time for stacks.
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
