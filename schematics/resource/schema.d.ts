export interface ResourceOptions {
  /** The name of the resource, singular or plural. */
  readonly name?: string;
  /** As `name:type`, separated by spaces. Default: a name. */
  readonly fields?: string;
  /** With `createdAt` and `updatedAt`. Default false. */
  readonly timestamps?: boolean;
  /** What is deleted is kept, and can be restored. Default false. */
  readonly softDelete?: boolean;
  /** Changes name the version that they are of, and are refused for another one. Default false. */
  readonly versioned?: boolean;
  /** The singular, where the English rules do not find it. */
  readonly singular?: string;
  /** The plural, where the English rules do not find it. */
  readonly plural?: string;
  /** The folder of the migrations, where it cannot be read from the application. */
  readonly migrations?: string;
  /** How drizzle-kit begins the names of migrations, where it cannot be read from its configuration. */
  readonly prefix?: string;
  /** A folder below `src`. */
  readonly path?: string;
  /** No folder of its own. Default false. */
  readonly flat?: boolean;
  /** With tests. Default true. */
  readonly spec?: boolean;
  /** What to do where both sides have changed the same: `refuse` or `markers`. Default `refuse`. */
  readonly conflicts?: string;
  /** Leaves `app.module.ts` alone. Default false. */
  readonly skipImport?: boolean;
  /** Of nest-cli.json; the application's own is the only one. */
  readonly project?: string;
  readonly sourceRoot?: string;
  readonly specFileSuffix?: string;
  readonly language?: string;
  /** `rest` is the only one. */
  readonly type?: string;
  readonly crud?: boolean;
}
