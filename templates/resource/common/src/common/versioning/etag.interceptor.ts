import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Observable, tap } from 'rxjs';

/** Answers the version of a row as its `ETag`, for `If-Match` to name. */
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
          response.header('ETag', `"${version}"`);
        }
      }),
    );
  }
}
