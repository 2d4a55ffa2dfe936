import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 30_000;

/** A built application that answers HTTP. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Everything it has printed so far. */
  output(): string;
  /** Ends it as a deployment does, and gives its exit status and everything it printed. */
  stop(): Promise<{ status: number | null; output: string }>;
}

/** @throws Error with everything it printed, where it does not start */
export async function startServer(
  directory: string,
  variables: Record<string, string> = {},
): Promise<RunningServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      NO_COLOR: '1',
      // Here a statement may be slow because of what else runs, and would be logged.
      DATABASE_SLOW_STATEMENT_MS: '60000',
      // As in production, but often enough to see it.
      TENANT_ISOLATION_CHECK_SECONDS: '1',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`The application did not start:\n${output}`);
    }
    await sleep(100);
  }
  return {
    url,
    port,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const [status] = await exited;
      return { status, output };
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
