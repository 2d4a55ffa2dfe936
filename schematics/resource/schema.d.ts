export interface ResourceOptions {
  /** The name of the resource, singular or plural. */
  readonly name?: string;
  /** The singular, where the English rules do not find it. */
  readonly singular?: string;
  /** The plural, where the English rules do not find it. */
  readonly plural?: string;
}
