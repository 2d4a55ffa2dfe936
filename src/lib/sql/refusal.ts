/** Why a statement is not sent for a tenant. */
export interface Refusal {
  /** A sentence that is true of it, without its full stop. */
  readonly reason: string;
  readonly remedy: string;
  /** Whether something of it would be there still when the transaction is over. */
  readonly outlivesTransaction: boolean;
}
