import { Observable, type OperatorFunction } from 'rxjs';
import { bindTenant } from '../context.js';

/**
 * Has everything behind it in the pipe run as the tenant (or explicitly as nobody) that subscribes:
 * what a Subject that requests share is given runs as whoever gives it.
 *
 * Put it right behind what is shared, in front of what works for the tenant.
 *
 * @example
 * ```ts
 * @Sse('changes')
 * changes() {
 *   return this.changed.pipe(keepTenant(), switchMap(() => this.invoices.findAll()));
 * }
 * ```
 * @throws TenantContextMissingError to the subscriber, where nothing is in context
 */
export function keepTenant<T>(): OperatorFunction<T, T> {
  return (source) =>
    new Observable<T>((subscriber) =>
      source.subscribe({
        next: bindTenant((value: T) => subscriber.next(value)),
        error: bindTenant((error: unknown) => subscriber.error(error)),
        complete: bindTenant(() => subscriber.complete()),
      }),
    );
}
