export interface MigrationOptions {
  /** What it does: words, for the names of file and class. */
  readonly name?: string;
  /** The folder of the migrations, where it cannot be read from the application. */
  readonly migrations?: string;
  /** How drizzle-kit begins the names of migrations, where it cannot be read from its configuration. */
  readonly prefix?: string;
}
