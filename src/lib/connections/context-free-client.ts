import pg from 'pg';
import { outsideContext } from '../context.js';
import { TransactionSettings } from '../scope/transaction-settings.js';

/** The server tells a setting: at the start, and whenever it has changed. */
interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

let count = 0;

/**
 * Connects outside of every tenant's context: the events of a socket run in the context that opened
 * it, and that must never be some tenant's.
 */
export class ContextFreeClient extends pg.Client {
  /** Tells it from others of this process. */
  readonly number = ++count;
  /** Whether the connection is gone, or is being closed. */
  lost = false;
  readonly transactionSettings = new TransactionSettings();
  /** Is told of the loss by whoever keeps it while nobody uses it. */
  onLost: ((error: Error) => void) | undefined;

  constructor(config: pg.ClientConfig) {
    super(config);
    const lose = (error = new Error('The connection was closed.')) => {
      this.lost = true;
      this.onLost?.(error);
    };
    // Without a listener an error ends the process: pg-pool takes its own off a client that is lent.
    this.on('error', lose);
    this.on('end', () => lose());
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (parameterName === 'search_path') this.transactionSettings.heard(parameterValue);
    });
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    if (callback) return outsideContext(() => super.connect(callback));
    return outsideContext(() => super.connect().then(() => this));
  }

  /** What still runs is told that the connection was lost; node-postgres says so only afterwards. */
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    this.lost = true;
    return callback ? super.end(callback) : super.end();
  }
}

/** Such a client as its pool lends it. */
export type PooledClient = ContextFreeClient & pg.PoolClient;
