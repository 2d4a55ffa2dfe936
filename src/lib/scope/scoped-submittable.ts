import { bindContext } from '../context.js';
import { UnsupportedStatementError } from '../errors.js';
import type { Prelude } from './prelude.js';
import * as states from './submittable-state.js';
import { wireTo, type StreamConnection } from './submittable-wire.js';

/** What node-postgres calls and sets on what it sends, as far as cursors and streams have it. */
export interface WireSubmittable {
  callback?: unknown;
  binary?: boolean;
  query_timeout?: number;
  _result?: object;
  submit(connection: unknown): unknown;
  handleRowDescription?(message: unknown): void;
  handleDataRow?(message: unknown): void;
  handlePortalSuspended?(connection: unknown): void;
  handleEmptyQuery?(connection: unknown): void;
  handleCommandComplete?(message: unknown, connection: unknown): void;
  handleCopyInResponse?(connection: unknown): void;
  handleCopyData?(message: unknown, connection: unknown): void;
  handleError?(error: Error, connection: unknown): void;
  handleReadyForQuery?(connection: unknown): void;
}

/** What is sent, and on whose behalf. */
export interface Submission {
  /** As it stands on the object. */
  readonly text: string;
  /** As it is sent. */
  readonly qualified: string;
  /** What goes first if it is sent now; undefined where the text alone does. */
  readonly prelude: () => Prelude | undefined;
  /** Whether it is a COPY. */
  readonly copies: boolean;
}

/**
 * A cursor or a stream (anything with node-postgres' `submit()`) on its way to the server. It stands
 * between node-postgres and the object, and between the object and the connection. How far it is, and
 * what may happen there, is in {@link states.SubmittableState}.
 *
 * The tenant's settings go out in front of what the object sends, and the server runs both in one
 * transaction: before its first Parse there is no Sync, up to the one that the object sends itself;
 * and a text for the simple protocol they begin. What the server answers to them is nobody's. A
 * stream that copies out takes the socket over as soon as it is submitted: that is done when all
 * that is not its own has been answered, and its COPY runs in the extended protocol, since a simple
 * query does not end the transaction that the settings have begun.
 *
 * The object writes through a connection that sends its own text only, qualified; that sends one
 * Sync, not none nor two; and that writes nothing after the object's end, when the connection may
 * be somebody else's. What the object is told, it is told in the context it was sent in.
 */
export class ScopedSubmittable implements WireSubmittable {
  readonly #target: WireSubmittable;
  readonly #submission: Submission;
  readonly #ended: (error: Error | null) => void;
  readonly #inContext = bindContext((task: () => void) => task());
  #connection: StreamConnection | undefined;
  #wire: object | undefined;
  #prelude: Prelude | undefined;
  #state = states.NEW;
  /** Whether the server is ready for what comes next, or gone. */
  #answered = false;
  #onAnswer: (() => void)[] = [];

  /** @param ended is called once, before the object is told; {@link fail} tells it of an error */
  constructor(
    target: WireSubmittable,
    submission: Submission,
    ended: (error: Error | null) => void,
  ) {
    this.#target = target;
    this.#submission = submission;
    this.#ended = ended;
  }

  submit(connection: StreamConnection): Error | null {
    this.#connection = connection;
    this.#wire = wireTo(connection, {
      query: (text) => this.#query(connection, text),
      parse: (message) => this.#parse(connection, message),
      bind: (message) => this.#bind(connection, message),
      sync: () => this.#sync(),
      once: this.#once,
      mayWrite: () => states.mayWrite(this.#state),
      mayRead: () => !this.#isOver,
    });
    connection.on('readyForQuery', this.#answer);
    connection.on('end', this.#answer);
    connection.stream.cork();
    try {
      this.#prelude = this.#submission.prelude();
      const { copies, qualified } = this.#submission;
      if (!this.#prelude || !copies || this.#target.handleCopyInResponse) return this.#start();
      this.#state = states.prepare(this.#state, this.#writePrelude(connection));
      connection.parse({ text: qualified });
      connection.bind({});
      connection.flush();
      this.#startWhenBound(connection);
      return null;
    } finally {
      connection.stream.uncork();
    }
  }

  /** @returns how many statements it is */
  #writePrelude({ stream }: StreamConnection): number {
    if (!this.#prelude) return 0;
    stream.write(this.#prelude.messages);
    return this.#prelude.count;
  }

  #startWhenBound(connection: StreamConnection): void {
    const onBound = () => {
      // The first are those of the settings.
      if (states.isSettling(this.#state)) return;
      connection.removeListener('bindComplete', onBound);
      // Not before what has come along with it is read: of an error a stream on the socket that was
      // told already would go on to read what comes next.
      process.nextTick(() => {
        if (!this.#isOver) this.#start();
      });
    };
    connection.on('bindComplete', onBound);
    this.#whenAnswered(() => connection.removeListener('bindComplete', onBound));
  }

  /** @returns an error where nothing was written: node-postgres then sends the next at once */
  #start(): Error | null {
    this.#state = states.start(this.#state);
    let failure: unknown;
    try {
      this.#inContext(() => {
        failure = this.#target.submit(this.#wire);
      });
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof Error)) return null;
    if (this.#state.at === 'open') {
      this.#answer();
      return failure;
    }
    process.nextTick(() => this.handleError(failure as Error));
    return null;
  }

  /** The server is ready again. Of an answer with an error node-postgres does not tell the end. */
  readonly #answer = (): void => {
    this.#connection?.removeListener('readyForQuery', this.#answer);
    this.#connection?.removeListener('end', this.#answer);
    this.#answered = true;
    for (const listener of this.#onAnswer.splice(0)) listener();
  };

  #whenAnswered(listener: () => void): void {
    if (this.#answered) process.nextTick(listener);
    else this.#onAnswer.push(listener);
  }

  /** pg-cursor waits for the server to be ready, which may have come, or never come. */
  readonly #once = (event: string, listener: () => void): void => {
    if (event === 'readyForQuery') this.#whenAnswered(() => this.#inContext(listener));
    else this.#connection?.once(event, listener);
  };

  #parse(connection: StreamConnection, message: unknown): void {
    refuseName((message as { name?: unknown }).name);
    const text = this.#qualified((message as { text?: unknown }).text);
    this.#state = states.parse(this.#state, this.#prelude?.count ?? 0);
    this.#writePrelude(connection);
    connection.parse({ ...(message as object), text });
  }

  #bind(connection: StreamConnection, message: unknown): void {
    refuseName((message as { statement?: unknown }).statement);
    this.#state = states.bind(this.#state, (message as { portal?: string }).portal);
    connection.bind(message as object);
  }

  #query(connection: StreamConnection, given: unknown): void {
    const text = this.#qualified(given);
    const isBound = this.#state.at === 'bound';
    const statements = this.#prelude?.statements ?? [];
    this.#state = states.query(this.#state, statements.length);
    if (isBound) {
      connection.execute({});
      this.#sync();
    } else connection.query([...statements, text].join('; '));
  }

  /** Its text as it is sent. */
  #qualified(given: unknown): string {
    const { text, qualified } = this.#submission;
    if (given !== text) throw states.anotherText();
    return qualified;
  }

  #sync(): void {
    if (!states.owesSync(this.#state)) return;
    this.#state = states.sync(this.#state);
    this.#connection?.sync();
  }

  get #isOver(): boolean {
    return this.#state.at === 'over';
  }

  /** Tells the object of its error. */
  fail(error: Error): void {
    this.#inContext(() => this.#target.handleError?.(error, this.#wire));
  }

  handleError(error: Error): void {
    if (this.#isOver) return;
    this.#sync();
    this.#state = states.end(this.#state);
    this.#ended(error);
  }

  handleReadyForQuery(): void {
    const last = this.#state;
    if (last.at === 'over') return;
    this.#state = states.end(last);
    this.#ended(null);
    this.#inContext(() => {
      if (last.at === 'completed')
        this.#target.handleCommandComplete?.(last.completion, this.#wire);
      this.#target.handleReadyForQuery?.(this.#wire);
    });
  }

  /**
   * Once pg-cursor has been told of the end it hears of no error, and where the connection is lost
   * before the server is ready it would leave its reader waiting: so it is told when the server is.
   */
  handleCommandComplete(message: unknown): void {
    const before = this.#state;
    this.#state = states.complete(before, message);
    if (this.#state.at === 'completed') this.#closePortal(before);
    else if (this.#state === before) {
      this.#tell(() => this.#target.handleCommandComplete?.(message, this.#wire));
    }
  }

  /** @param before with the portal */
  #closePortal(before: states.SubmittableState): void {
    // Not where the object has closed it meanwhile: a message behind the last Sync would keep a pooler
    // from taking the server's connection back.
    if (before.at !== 'extended' || !before.portal || !before.owesSync) return;
    this.#connection?.close({ type: 'P', name: before.portal });
    this.#connection?.sync();
  }

  handleRowDescription(message: unknown): void {
    this.#tell(() => this.#target.handleRowDescription?.(message));
  }

  handleDataRow(message: unknown): void {
    this.#tell(() => this.#target.handleDataRow?.(message));
  }

  handlePortalSuspended(): void {
    this.#tell(() => this.#target.handlePortalSuspended?.(this.#wire));
  }

  handleEmptyQuery(): void {
    this.#tell(() => this.#target.handleEmptyQuery?.(this.#wire));
  }

  handleCopyData(message: unknown): void {
    this.#tell(() => this.#target.handleCopyData?.(message, this.#wire));
  }

  handleCopyInResponse(connection: StreamConnection): void {
    this.#state = states.copyIn(this.#state);
    if (this.#state.at !== 'over' && this.#target.handleCopyInResponse) {
      this.#tell(() => this.#target.handleCopyInResponse?.(this.#wire));
      return;
    }
    connection.sendCopyFail('COPY FROM STDIN has no source here');
    if (this.#state.at === 'over' && this.#state.isExtended) connection.sync();
  }

  #tell(task: () => void): void {
    if (!this.#isOver) this.#inContext(task);
  }

  get callback(): unknown {
    return this.#target.callback;
  }

  set callback(callback: unknown) {
    this.#target.callback = callback;
  }

  get binary(): boolean | undefined {
    return this.#target.binary;
  }

  set binary(binary: boolean | undefined) {
    this.#target.binary = binary;
  }

  get query_timeout(): number | undefined {
    return this.#target.query_timeout;
  }

  get _result(): object | undefined {
    return this.#target._result;
  }
}

function refuseName(name: unknown): void {
  if (!name) return;
  throw new UnsupportedStatementError(
    'A named statement stands for one text on a connection, and here for one a tenant',
    'Send it without a name.',
  );
}
