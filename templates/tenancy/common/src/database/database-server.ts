import { join } from 'node:path';
import { startEmbeddedPostgres } from '@mt/runtime/embedded';

/** The project, wherever it is started from. */
const PROJECT = join(import.meta.dirname, '..', '..');

/** The server of a URL or, without one, an embedded PostgreSQL that keeps its data in `.postgres`. */
export class DatabaseServer {
  private constructor(
    /** Of the embedded server, it has the login of the superuser. */
    readonly connectionString: string,
    readonly isEmbedded: boolean,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(url: string | undefined): Promise<DatabaseServer> {
    if (url) return new DatabaseServer(url, false, async () => {});
    const server = await startEmbeddedPostgres({
      directory: join(PROJECT, '.postgres'),
      project: PROJECT,
    });
    return new DatabaseServer(server.connectionString, true, () =>
      server.stop(),
    );
  }
}
