import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { GeneratedApp } from './generate';

/** The embedded server's URL with another login: in development all have the superuser's password. */
export function urlOf({ directory }: GeneratedApp, user: string): string {
  const read = (file: string) => readFileSync(join(directory, '.postgres', file), 'utf8');
  const port = read('data/postmaster.pid').split('\n')[3];
  return `postgres://${user}:${read('password').trim()}@127.0.0.1:${port}/postgres`;
}

/** Behind the application's back. */
export async function connectAsSuperuser(app: GeneratedApp): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf(app, 'postgres') });
  await client.connect();
  return client;
}
