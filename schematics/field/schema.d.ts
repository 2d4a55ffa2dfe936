export interface FieldOptions {
  /** The resource, singular or plural. */
  readonly name?: string;
  /** New fields, as `name:type`, separated by spaces. */
  readonly add?: string;
  /** Fields as they are to be from now on. */
  readonly change?: string;
  /** Fields and their new names, as `old:new`, separated by spaces. */
  readonly rename?: string;
  /** Names of fields, separated by spaces. */
  readonly drop?: string;
  /** Goes on where values are lost, or where a migration can stop. Default: it is asked on a terminal, and refused elsewhere. */
  readonly yes?: boolean;
  /** What to do where both sides have changed the same: `refuse` or `markers`. Default `refuse`. */
  readonly conflicts?: string;
  /** The folder of the migrations, where it cannot be read from the application. */
  readonly migrations?: string;
  /** How drizzle-kit begins the names of migrations, where it cannot be read from its configuration. */
  readonly prefix?: string;
}
