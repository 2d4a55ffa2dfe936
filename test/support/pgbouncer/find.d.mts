/** The path of the `pgbouncer` program; undefined where there is none that can be used. */
export function findPgBouncer(): string | undefined;
