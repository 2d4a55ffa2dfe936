/** As node-postgres has it: idle, in a transaction, or in one that has failed. */
export type TransactionStatus = 'I' | 'T' | 'E' | null;

/** The part of node-postgres' connection that writes messages; its published types are stricter. */
export interface WireConnection {
  readonly stream: { cork(): void; uncork(): void; write(bytes: Buffer): boolean };
  sendCopyFail(message: string): void;
  sync(): void;
}
