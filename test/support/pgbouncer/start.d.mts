export interface PgBouncerOptions {
  /** The server behind it. Its user and password work in front too; so does every database on it. */
  connectionString: string;
  /** When a server connection goes to the next client: after a transaction, a session, a statement. */
  poolMode: 'transaction' | 'session' | 'statement';
  /** Most connections to the server for each pair of user and database. */
  serverConnections: number;
  /** Further login roles that may connect, with the passwords that the server knows. */
  users?: readonly { readonly name: string; readonly password: string }[];
  /**
   * More of PgBouncer's settings, or others than these. Without any it is a stock PgBouncer: it
   * refuses start-up parameters it does not know (`ignore_startup_parameters` is empty).
   */
  settings?: Readonly<Record<string, string | number>>;
}

export interface PgBouncer {
  /** The same database, through PgBouncer. */
  readonly connectionString: string;
  /** Asks the admin console, `show servers` for example. Its numbers come as texts. */
  admin<R = Record<string, string>>(command: string): Promise<R[]>;
  /** Ends it, with every connection through it. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a PgBouncer on a free port of 127.0.0.1, in front of a server. It also ends when this
 * process does, however that happens.
 *
 * @example
 * ```ts
 * const bouncer = await startPgBouncer({
 *   connectionString: database.connectionString,
 *   poolMode: 'transaction',
 *   serverConnections: 1,
 * });
 * const connections = new ConnectionManager({ connectionString: bouncer.connectionString });
 * // …
 * await connections.close();
 * await bouncer.stop();
 * ```
 * @throws Error where it is not installed, or does not let the given user through; with its log
 */
export function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer>;
