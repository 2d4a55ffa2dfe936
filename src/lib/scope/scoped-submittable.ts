import { bindContext } from '../context.js';
import { UnsupportedStatementError } from '../errors.js';
import type { WireConnection } from '../pool/wire-connection.js';

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

/** The parts of node-postgres' connection that are used here. */
interface StreamConnection extends WireConnection {
  query(text: string): void;
  parse(message: { text: string; name?: string }): void;
  bind(message: object): void;
  execute(message: object): void;
  close(message: { type: 'P'; name: string }): void;
  flush(): void;
  once(event: string, listener: () => void): unknown;
  on(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
}

type Method = (...args: unknown[]) => unknown;

/** Makes the settings of the tenant, in either protocol. */
export interface SubmittableSettings {
  readonly messages: Buffer;
  /** How many statements the messages are. */
  readonly messageCount: number;
  readonly statements: readonly string[];
}

/** What is sent, and on whose behalf. */
export interface Submission {
  /** As it stands on the object. */
  readonly text: string;
  /** As it is sent. */
  readonly qualified: string;
  /** What goes first if it is sent now; undefined where the text alone does. */
  readonly settings: () => SubmittableSettings | undefined;
  /** Whether it is a COPY. */
  readonly copies: boolean;
}

/** Methods of the connection that write, apart from those that are replaced. */
const WRITERS: ReadonlySet<PropertyKey> = new Set([
  'cancel',
  'close',
  'describe',
  'end',
  'endCopyFrom',
  'execute',
  'flush',
  'sendCopyFail',
  'sendCopyFromChunk',
]);

/**
 * A cursor or a stream (anything with node-postgres' `submit()`) on its way to the server. It stands
 * between node-postgres and the object, and between the object and the connection.
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
  /** Whether it has sent its text. */
  #taken = false;
  #settings: SubmittableSettings | undefined;
  /** Statements of the settings that have been sent, and not been answered. */
  #settling = 0;
  /** Whether its COPY waits on the server to be executed. */
  #bound = false;
  #written = false;
  #extended = false;
  /** Whether the server waits for a Sync before it is ready for anything else. */
  #owesSync = false;
  /** What it reads from, if that has a name. */
  #portal: string | undefined;
  /** What the server said at the end of the portal, until it is ready. */
  #completion: unknown;
  #over = false;
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
    this.#wire = this.#wireTo(connection);
    connection.on('readyForQuery', this.#answer);
    connection.on('end', this.#answer);
    connection.stream.cork();
    try {
      const { settings, copies } = this.#submission;
      this.#settings = settings();
      if (!this.#settings || !copies || this.#target.handleCopyInResponse) return this.#start();
      this.#settle(connection, this.#settings);
      connection.parse({ text: this.#submission.qualified });
      connection.bind({});
      connection.flush();
      this.#bound = true;
      this.#startWhenBound(connection);
      return null;
    } finally {
      connection.stream.uncork();
    }
  }

  #settle(connection: StreamConnection, { messages, messageCount }: SubmittableSettings): void {
    connection.stream.write(messages);
    this.#settling = messageCount;
    this.#written = this.#extended = this.#owesSync = true;
  }

  #startWhenBound(connection: StreamConnection): void {
    const onBound = () => {
      // The first are those of the settings.
      if (this.#settling > 0) return;
      connection.removeListener('bindComplete', onBound);
      // Not before what has come along with it is read: of an error a stream on the socket that was
      // told already would go on to read what comes next.
      process.nextTick(() => {
        if (!this.#over) this.#start();
      });
    };
    connection.on('bindComplete', onBound);
    this.#whenAnswered(() => connection.removeListener('bindComplete', onBound));
  }

  /** @returns an error where nothing was written: node-postgres then sends the next at once */
  #start(): Error | null {
    let failure: unknown;
    try {
      this.#inContext(() => {
        failure = this.#target.submit(this.#wire);
      });
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof Error)) return null;
    if (!this.#written) {
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

  /** The connection as the object sees it. */
  #wireTo(connection: StreamConnection): object {
    const replaced = new Map<PropertyKey, Method>([
      ['query', (text) => this.#query(connection, text)],
      ['parse', (message) => this.#parse(connection, message)],
      ['bind', (message) => this.#bind(connection, message)],
      ['sync', () => this.#sync()],
    ]);
    const socket = this.#socketOf(connection);
    return new Proxy(connection, {
      get: (target, key): unknown => {
        if (key === 'stream') return socket;
        const own = replaced.get(key);
        const mayWrite = !this.#over && this.#completion === undefined;
        if (own) return mayWrite ? own : ignore;
        if (!mayWrite && WRITERS.has(key)) return ignore;
        if (key === 'once') return this.#once;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Of which it reads no more once it is over, also where it still listens. */
  #socketOf({ stream }: StreamConnection): object {
    return new Proxy(stream, {
      get: (target, key): unknown => {
        if (key === 'read' && this.#over) return () => null;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** pg-cursor waits for the server to be ready, which may have come, or never come. */
  readonly #once = (event: string, listener: () => void): void => {
    if (event === 'readyForQuery') this.#whenAnswered(() => this.#inContext(listener));
    else this.#connection?.once(event, listener);
  };

  #parse(connection: StreamConnection, message: unknown): void {
    refuseName((message as { name?: unknown }).name);
    const text = this.#takeText((message as { text?: unknown }).text);
    if (this.#settings) this.#settle(connection, this.#settings);
    this.#written = this.#extended = this.#owesSync = true;
    connection.parse({ ...(message as object), text });
  }

  #bind(connection: StreamConnection, message: unknown): void {
    refuseName((message as { statement?: unknown }).statement);
    // What was parsed last on the connection may be another tenant's.
    if (!this.#taken) throw anotherText();
    this.#portal = (message as { portal?: string }).portal;
    connection.bind(message as object);
  }

  #query(connection: StreamConnection, given: unknown): void {
    const text = this.#takeText(given);
    this.#written = true;
    if (this.#bound) {
      connection.execute({});
      this.#sync();
      return;
    }
    const statements = this.#settings?.statements ?? [];
    this.#settling = statements.length;
    connection.query([...statements, text].join('; '));
  }

  /** Its text as it is sent: once, since the settings end with the transaction. */
  #takeText(given: unknown): string {
    const { text, qualified } = this.#submission;
    if (this.#taken || given !== text) throw anotherText();
    this.#taken = true;
    return qualified;
  }

  #sync(): void {
    if (!this.#owesSync) return;
    this.#owesSync = false;
    this.#connection?.sync();
  }

  /** Tells the object of its error. */
  fail(error: Error): void {
    this.#inContext(() => this.#target.handleError?.(error, this.#wire));
  }

  handleError(error: Error): void {
    if (this.#over) return;
    this.#sync();
    this.#over = true;
    this.#ended(error);
  }

  handleReadyForQuery(): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended(null);
    this.#inContext(() => {
      if (this.#completion) this.#target.handleCommandComplete?.(this.#completion, this.#wire);
      this.#target.handleReadyForQuery?.(this.#wire);
    });
  }

  handleCommandComplete(message: unknown): void {
    if (this.#settling > 0) this.#settling--;
    else if (this.#portal) this.#closePortal(this.#portal, message);
    else this.#tell(() => this.#target.handleCommandComplete?.(message, this.#wire));
  }

  /**
   * Once pg-cursor has been told of the end it hears of no error, and where the connection is lost
   * before the server is ready it would leave its reader waiting: so it is told when the server is.
   */
  #closePortal(name: string, completion: unknown): void {
    if (this.#over) return;
    // Not where the object has closed it meanwhile: a message behind the last Sync would keep a pooler
    // from taking the server's connection back.
    if (this.#owesSync) this.#connection?.close({ type: 'P', name });
    this.#sync();
    this.#completion = completion;
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
    // Where a Sync was sent already, the server has ignored it.
    if (this.#extended) this.#owesSync = true;
    if (!this.#over && this.#target.handleCopyInResponse) {
      this.#tell(() => this.#target.handleCopyInResponse?.(this.#wire));
      return;
    }
    connection.sendCopyFail('COPY FROM STDIN has no source here');
    if (this.#over) this.#sync();
  }

  #tell(task: () => void): void {
    if (!this.#over) this.#inContext(task);
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

function ignore(): void {}

function refuseName(name: unknown): void {
  if (!name) return;
  throw new UnsupportedStatementError(
    'A named statement stands for one text on a connection, and here for one a tenant',
    'Send it without a name.',
  );
}

function anotherText(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A cursor or stream sends another text than the one that it shows',
    'It sends its `text`, once; leave that as it is once it is passed to query().',
  );
}
