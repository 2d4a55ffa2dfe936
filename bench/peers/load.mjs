import { Pool } from 'undici';
import { evenly } from '../support/draw.mjs';

/**
 * Reads users of tenants in an order without a pattern, so many at a time over connections that are
 * kept alive, and checks every answer: the row asked for, of the tenant asked for.
 */
export class Load {
  correct = 0;
  wrongRows = 0;
  failed = 0;
  hung = false;
  errors = new Map();
  #requests = 0;

  constructor(server, tenants, { concurrency, limitMs, rows }) {
    this.server = server;
    this.concurrency = concurrency;
    this.limitMs = limitMs;
    this.rows = rows;
    this.nextTenant = evenly(tenants);
    this.pool = new Pool(server.url, {
      connections: concurrency,
      headersTimeout: limitMs,
      bodyTimeout: limitMs,
    });
  }

  /** No use in asking any more: nobody is there, or does not answer. */
  get isOver() {
    return this.hung || this.server.hasEnded();
  }

  /** @returns the correct answers, and the milliseconds until the last answer had come */
  async run(milliseconds) {
    const [before, started] = [this.correct, performance.now()];
    const worker = async () => {
      while (!this.isOver && performance.now() < started + milliseconds) await this.#ask();
    };
    await Promise.all(Array.from({ length: this.concurrency }, worker));
    return { correct: this.correct - before, elapsedMs: performance.now() - started };
  }

  close() {
    return this.pool.destroy();
  }

  async #ask() {
    const tenant = this.nextTenant();
    const id = (this.#requests++ % this.rows) + 1;
    try {
      const { statusCode, body } = await this.pool.request({
        method: 'GET',
        path: `/users/${id}`,
        headers: { 'x-tenant-id': tenant.slug },
      });
      const text = await body.text();
      const answer = text === '' ? {} : JSON.parse(text);
      if (statusCode !== 200) this.#fail(answer.error ?? `HTTP ${statusCode}`);
      else if (answer.id === undefined) this.#fail('no row');
      else if (answer.owner !== tenant.schema || answer.id !== id) this.wrongRows++;
      else this.correct++;
    } catch (error) {
      this.hung ||= ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'].includes(error.code);
      this.#fail(this.hung ? `hung: no answer in ${this.limitMs / 1_000} s` : describe(error));
    }
  }

  #fail(error) {
    this.failed++;
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }
}

const describe = (error) => error.code ?? String(error);
