import { Socket } from 'node:net';
import type pg from 'pg';
import { quoteIdentifier } from '../sql/identifier.js';
import { toError } from '../to-error.js';
import { within } from './within.js';

const KEEP_ALIVE_MS = 10_000;

export interface ListenerOptions {
  readonly channel: string;
  /** How often the server is asked whether it is still there, in milliseconds. */
  readonly heartbeatMs: number;
  /** How long it may take to answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly onNotification: (payload: string) => void;
}

/** A connection that listens on one channel, until it is lost or ended. It does not come back. */
export class Listener {
  /** Resolves with the reason once nothing more will be heard. Never rejects. */
  readonly lost: Promise<Error>;
  readonly #client: pg.Client;
  readonly #options: ListenerOptions;
  readonly #ended: Promise<void>;
  #lose: (reason: Error) => void = () => undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isListening = false;
  #isOver = false;

  /** @param client not yet connected */
  constructor(client: pg.Client, options: ListenerOptions) {
    this.#client = client;
    this.#options = options;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
    this.#ended = new Promise((resolve) => client.once('end', resolve));
    client.on('error', (error) => this.destroy(error));
    client.on('end', () => this.destroy(new Error('The server closed the connection.')));
    client.on('notification', ({ channel, payload }) => {
      if (channel === options.channel) options.onNotification(payload ?? '');
    });
  }

  /** Connects, and listens. Until {@link unref} is called, the connection keeps the process alive. */
  async listen(): Promise<void> {
    await this.#answer(this.#client.connect());
    this.#socket?.setKeepAlive(true, KEEP_ALIVE_MS);
    await this.#subscribe();
    this.#isListening = true;
    this.#beat();
  }

  /** Lets the process end while the connection is open. */
  unref(): void {
    this.#socket?.unref();
  }

  /** Ends the connection in good order, and waits until it is closed. */
  async end(): Promise<void> {
    if (!this.#isListening) this.destroy(new Error('It was ended.'));
    if (!this.#isOver) {
      this.#over(new Error('It was ended.'));
      this.#socket?.ref();
      void this.#client.end();
    }
    const { timeoutMs } = this.#options;
    await within(this.#ended, timeoutMs, () => new Error('The connection does not close.')).catch(
      () => this.#client.connection.stream.destroy(),
    );
    await this.#ended;
  }

  /** Closes the connection here and now, whatever state it is in. */
  destroy(reason: Error): void {
    this.#over(reason);
    this.#client.connection.stream.destroy();
  }

  #over(reason: Error): void {
    this.#isOver = true;
    clearTimeout(this.#heartbeat);
    this.#lose(reason);
  }

  /**
   * A connection can be gone without a sign of it: a firewall forgets it, a network drops packets.
   * Listening twice is the same as once, so it also shows that the server knows what is wanted.
   */
  #beat(): void {
    this.#heartbeat = setTimeout(() => {
      this.#subscribe().then(
        () => this.#isOver || this.#beat(),
        () => undefined,
      );
    }, this.#options.heartbeatMs);
    this.#heartbeat.unref();
  }

  async #subscribe(): Promise<void> {
    await this.#answer(this.#client.query(`listen ${quoteIdentifier(this.#options.channel)}`));
  }

  /** A connection that does not answer, or with an error, is of no use. */
  async #answer(work: Promise<unknown>): Promise<void> {
    const { timeoutMs } = this.#options;
    try {
      await within(
        work,
        timeoutMs,
        () => new Error(`The server did not answer within ${timeoutMs} ms.`),
      );
    } catch (error) {
      this.destroy(toError(error));
      throw error;
    }
  }

  /** Undefined for a stream of the application's own making. */
  get #socket(): Socket | undefined {
    const { stream } = this.#client.connection;
    return stream instanceof Socket ? stream : undefined;
  }
}
