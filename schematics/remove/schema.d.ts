export interface RemoveOptions {
  /** The resource, singular or plural. */
  readonly name?: string;
  /** Goes on, although rows are lost. Default: it is asked on a terminal, and refused elsewhere. */
  readonly yes?: boolean;
  /** The folder of the migrations, where it cannot be read from the application. */
  readonly migrations?: string;
  /** How drizzle-kit begins the names of migrations, where it cannot be read from its configuration. */
  readonly prefix?: string;
}
