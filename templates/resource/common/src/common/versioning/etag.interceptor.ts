import { currentTenant } from '@mt/runtime';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Observable, tap } from 'rxjs';

/**
 * Answers the version of a row as its `ETag`, for `If-Match` to name. The tenant is part of it: the same address is
 * another row to each, and what a browser has kept of one must not be taken for the other's.
 */
/** `"3f0c…-3"` */
export function etagOf(version: number): string {
  return `"${currentTenant().id}-${version}"`;
}

@Injectable()
export class EtagInterceptor implements NestInterceptor {
  intercept(
    context: ExecutionContext,
    next: CallHandler<unknown>,
  ): Observable<unknown> {
    const response = context
      .switchToHttp()
      .getResponse<{ header(name: string, value: string): unknown }>();
    return next.handle().pipe(
      tap((row) => {
        const { version } = Object(row) as { version?: unknown };
        if (typeof version === 'number') {
          response.header('ETag', etagOf(version));
        }
      }),
    );
  }
}
