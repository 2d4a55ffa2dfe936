import pg from 'pg';
import { outsideContext } from '../context.js';
import { ConnectionTimeoutError } from '../errors.js';
import type { TransactionStatus } from './wire-connection.js';
import { PreparedStatements, type PreparedStatementLimits } from './prepared-statements.js';
import { SessionReset, settingsIn } from './session-reset.js';
import { TransactionSettings } from './transaction-settings.js';

/** The server tells a setting: at the start, and whenever it has changed. */
interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** The server is done with what it was asked, and tells whether it is in a transaction. */
interface ReadyForQuery {
  readonly status: TransactionStatus;
}

/** How a client is made, and what is done with a new one before it is used. */
export interface ClientOptions {
  readonly config: pg.ClientConfig;
  /** The same past any pooler. */
  readonly direct?: pg.ClientConfig | undefined;
  /** How long all of it may take, in milliseconds; 0 for as long as it likes. */
  readonly connectionTimeoutMs: number;
  readonly onConnect: ((client: pg.ClientBase) => unknown) | undefined;
  readonly verify: pg.PoolConfig['verify'];
  readonly prepared?: PreparedStatementLimits | undefined;
}

/** What node-postgres' connection has besides its published types. */
interface Authenticating {
  password(password: unknown): void;
  emit(event: 'error', error: Error): boolean;
}

const PLAIN_RESET = new SessionReset();

let count = 0;

/**
 * Connects outside of every tenant's context: the events of a socket run in the context that opened
 * it, and that must never be some tenant's. What fails on the way is an error, and leaves no socket
 * open.
 */
export class ContextFreeClient extends pg.Client {
  /** Of its backend, as the server or a pooler has told; undefined where it does not. */
  declare readonly processID: number | undefined;
  /** Has its socket keep the process alive, which it does from the start, or not. */
  declare readonly ref: () => void;
  declare readonly unref: () => void;
  /** Tells it from others of this process. */
  readonly number = ++count;
  /** Whether the connection is gone, or is being closed. */
  lost = false;
  #transactionStatus: TransactionStatus = null;
  /** Its first number; 0 as long as it is not known. */
  serverVersion = 0;
  readonly transactionSettings = new TransactionSettings();
  /** Statements that repeat; undefined where none are prepared. */
  readonly prepared: PreparedStatements | undefined;
  /** Whether nothing stands between here and the server; undefined as long as it was not asked. */
  isDirect: boolean | undefined;
  #undescribing: object | undefined;
  /** How many statements the server has taken with their values. */
  bound = 0;
  /** Takes away what code may have left on it. */
  sessionReset = PLAIN_RESET;
  /** Is told when it is gone, perhaps more than once. */
  onLost: ((error: Error) => void) | undefined;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    super(options.config);
    this.#options = options;
    this.prepared = options.prepared && new PreparedStatements(options.prepared);
    const lose = (error = new Error('The connection was closed.')) => {
      this.lost = true;
      this.onLost?.(error);
    };
    // Without a listener an error ends the process.
    this.on('error', lose);
    this.on('end', () => lose());
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (parameterName === 'search_path') this.transactionSettings.heard(parameterValue);
      if (parameterName === 'server_version') this.serverVersion = Number.parseInt(parameterValue);
    });
    if (this.prepared) this.connection.on('bindComplete', () => this.bound++);
    this.connection.on('readyForQuery', ({ status }: ReadyForQuery) => {
      this.#transactionStatus = status;
    });
    refuseMissingPassword(this.connection as unknown as Authenticating);
  }

  /** As the server told it last. Earlier versions of node-postgres do not have it. */
  override getTransactionStatus(): TransactionStatus {
    return this.#transactionStatus;
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    if (callback) return outsideContext(() => this.#open(callback as (error?: Error) => void));
    return new Promise((resolve, reject) => {
      outsideContext(() => this.#open((error) => (error ? reject(error) : resolve(this))));
    });
  }

  /** @param callback is called once: at once where the connection is ready, lest it is lost meanwhile */
  #open(callback: (error?: Error) => void): void {
    const { connectionTimeoutMs, onConnect, verify } = this.#options;
    let over = false;
    const settle = (error?: Error) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      this.off('error', settle);
      this.connection.off('end', closed);
      // A server that waits for a password would go on to wait.
      if (error) this.destroy();
      callback(error);
    };
    // Of some failures node-postgres tells only in an event.
    this.on('error', settle);
    const closed = () => settle(closedByServer());
    this.connection.on('end', closed);
    const late = () => this.destroy(new ConnectionTimeoutError(connectionTimeoutMs));
    const timer =
      connectionTimeoutMs > 0 ? setTimeout(late, connectionTimeoutMs).unref() : undefined;
    // In a turn of its own, where what the callback throws is not a promise's.
    const later = (error?: unknown) => process.nextTick(settle, error);
    try {
      super.connect((error?: Error | null) => {
        if (error || !(onConnect || verify)) settle(error ?? undefined);
        else
          this.#prepare().then(
            () => later(),
            (reason) => later(reason ?? new Error('No reason.')),
          );
      });
    } catch (error) {
      later(error);
    }
  }

  /** What node-postgres' pool does with a new client. */
  async #prepare(): Promise<void> {
    const { onConnect, verify } = this.#options;
    if (onConnect) await this.#configure(onConnect);
    if (!verify) return;
    await new Promise<void>((resolve, reject) => {
      verify(this as unknown as pg.PoolClient, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** What is set for each connection stays there, also where what code has left is taken away. */
  async #configure(onConnect: NonNullable<ClientOptions['onConnect']>): Promise<void> {
    const settings: string[] = [];
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const seen = (input: unknown, ...rest: unknown[]) => {
      const { text } = typeof input === 'string' ? { text: input } : (input as { text?: unknown });
      if (typeof text === 'string') settings.push(...settingsIn(text));
      return query(input, ...rest);
    };
    Object.assign(this, { query: seen });
    try {
      await onConnect(this);
    } finally {
      Reflect.deleteProperty(this, 'query');
    }
    if (settings.length > 0) this.sessionReset = new SessionReset(settings);
  }

  /** Another connection to the same database, past any pooler, out of no pool, and not yet open. */
  separate(): ContextFreeClient {
    const { direct, config } = this.#options;
    return new ContextFreeClient({ ...this.#options, config: direct ?? config });
  }

  /** The connection for statements whose rows are known: it does not ask for their description. */
  get undescribing(): object {
    return (this.#undescribing ??= Object.create(this.connection, {
      describe: { value: () => undefined },
    }) as object);
  }

  /** Closes the connection here and now, whatever state it is in. */
  destroy(error?: Error): void {
    this.connection.stream.destroy(error);
  }

  /** What still runs is told that the connection was lost; node-postgres says so only afterwards. */
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    this.lost = true;
    return callback ? super.end(callback) : super.end();
  }
}

/** As a system says it: node-postgres has no code for it. */
function closedByServer(): Error {
  return Object.assign(new Error('The server closed the connection.'), { code: 'ECONNRESET' });
}

/** node-postgres would throw right in the socket's event, which ends the process. */
function refuseMissingPassword(connection: Authenticating): void {
  const send = connection.password.bind(connection);
  connection.password = (password) => {
    if (typeof password === 'string') send(password);
    else connection.emit('error', new Error('The server asks for a password, and there is none.'));
  };
}
