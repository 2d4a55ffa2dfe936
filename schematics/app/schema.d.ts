/** What arrives from a command line: nothing of it has been checked, see normalizeOptions. */
export interface AppOptions {
  /** Name of the application and of its directory. Default `app`. */
  name?: unknown;
  /** `drizzle` (default) or `typeorm`. */
  orm?: unknown;
  /** `express` (default) or `fastify`. */
  platform?: unknown;
  /** `schema` (default) or `role`. */
  isolation?: unknown;
  /** `npm` (default), `pnpm` or `yarn`. */
  packageManager?: unknown;
  /** Directory of the application, if not its name. */
  directory?: unknown;
  /** Do not make a git repository with a first commit. */
  skipGit?: unknown;
  /** Do not install packages. */
  skipInstall?: unknown;

  // Passed by the stock `nest new`.
  collection?: unknown;
  language?: unknown;
  spec?: unknown;
  strict?: unknown;
  type?: unknown;
}
