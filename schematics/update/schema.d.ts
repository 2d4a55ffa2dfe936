export interface UpdateOptions {
  /** Writes nothing; fails where there is an update. Default false. */
  readonly check?: boolean;
  /** What to do where both sides have changed the same: `refuse` or `markers`. Default `refuse`. */
  readonly conflicts?: string;
  /** Takes what this version generates for what was generated, and changes no file. Default false. */
  readonly adopt?: boolean;
}
