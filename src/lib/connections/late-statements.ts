import type { Frame } from '../context.js';
import type { Observer } from '../diagnostics/observer.js';
import { LateStatementError } from '../errors.js';

/** What is done about statements whose request has been answered: they are told, or refused as well. */
export type LateStatements = 'tell' | 'refuse';

/**
 * Looks whether what a statement runs for is over. Work that nobody awaited does that, and work that
 * something shared runs as whoever came before, on behalf of somebody else.
 *
 * @throws LateStatementError where such statements are refused
 */
export class LateStatementGuard {
  readonly #observer: Observer;
  readonly #policy: LateStatements;

  constructor(observer: Observer, policy: LateStatements) {
    this.#observer = observer;
    this.#policy = policy;
  }

  check({ tenant, isOver }: Frame): void {
    if (!tenant || !isOver?.()) return;
    const error = new LateStatementError(tenant.slug);
    this.#observer.statementLate(tenant, error);
    if (this.#policy === 'refuse') throw error;
  }
}
