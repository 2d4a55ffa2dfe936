/** Questions to pg_stat_activity and pg_locks about the test's own database: others share the server. */
export const ACTIVITY = {
  sleeping: `select pid from pg_stat_activity
    where wait_event = 'PgSleep' and datname = current_database()`,
  waitingForLock: `select pid, query from pg_stat_activity
    where state = 'active' and wait_event_type = 'Lock' and datname = current_database()`,
  advisoryLocks: `select * from pg_locks join pg_database on pg_database.oid = database
    where locktype = 'advisory' and datname = current_database()`,
  runLock: `select pid from pg_locks join pg_database on pg_database.oid = database
    where relation = 'tenancy.migration_run'::regclass and granted and datname = current_database()`,
} as const;
