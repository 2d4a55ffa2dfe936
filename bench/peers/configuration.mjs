import { ownVersion, installedVersion } from './install.mjs';
import { CONNECTIONS, ROWS } from './database.mjs';

/** What was compared under which conditions. Part of the output, so that a figure can be judged. */
export function configurationOf(pairs, serverVersion, options) {
  const { concurrency, warmUpMs, turns, turnMs, rounds, limitMs } = options;
  return {
    work: `GET /users/:id over HTTP through Nest on Express (X-Tenant-Id names the tenant): one row of ${ROWS} by primary key from the tenant's own schema, tenants in random order, the row's owner checked; ${concurrency} requests at a time over connections kept alive, sent by the process of the benchmark`,
    step: `a fresh process for each contestant, tenant count and round (${rounds}), beside a fresh process of ours with the same ORM; after a warm-up of ${warmUpMs / 1_000} s each they are asked by turns, ${turns} times ${turnMs / 1_000} s each; Nest's log is off, NODE_ENV=production`,
    figures: `reads/s: correct answers per second after the warm-up, median (lowest to highest) of the rounds; vs ours: the same divided by that of ours in the same step; correct, failed, wrong rows: sums over all rounds, with the warm-up; a request without an answer for ${limitMs / 1_000} s has failed, and nothing more is asked; wrong row: another tenant's or of public; connections: the most seen open in pg_stat_activity, looked at every 50 ms`,
    server: `PostgreSQL ${serverVersion}; each side of a step has a login role of its own, which may open ${CONNECTIONS} connections: what max_connections = 100 leaves to roles that are no superusers`,
    versions: {
      node: process.versions.node,
      '@mt/runtime': `${ownVersion('@mt/runtime')} (pg ${ownVersion('pg')}, drizzle-orm ${ownVersion('drizzle-orm')}, typeorm ${ownVersion('typeorm')})`,
      'drizzle-multitenant': `${installedVersion('drizzle-multitenant')} (pg ${installedVersion('pg')}, drizzle-orm ${installedVersion('drizzle-orm')})`,
      'nestjs-multitenant': `${installedVersion('nestjs-multitenant')} (pg ${installedVersion('pg')}, drizzle-orm ${installedVersion('drizzle-orm')}, typeorm ${installedVersion('typeorm')}; asks for Node 22 or newer)`,
      '@nestjs/core': `${installedVersion('@nestjs/core')} for all`,
    },
    contestants: Object.fromEntries(
      pairs.flatMap((pair) => pair.toReversed().map(({ name, does }) => [name, does])),
    ),
  };
}
