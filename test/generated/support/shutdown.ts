import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { GeneratedApp } from './generate';
import { startServer, type RunningServer } from './server';

/** How long the embedded PostgreSQL may take to stop besides. */
const DATABASE_MS = 5_000;
const TIMEOUT_MS = 1_500;

/** How an application with probes ends. */
export function describeShutdown(getApp: () => GeneratedApp): void {
  describe('told to end', () => {
    let server: RunningServer;
    beforeEach(async () => {
      const variables = { SHUTDOWN_TIMEOUT_MS: String(TIMEOUT_MS) };
      server = await startServer(getApp().directory, variables);
    });

    /** Ends it, and gives how long that took. */
    async function stop(): Promise<number> {
      const since = performance.now();
      const { output } = await server.stop();
      expect(output).not.toMatch(/ ERROR | FATAL |\(node:/);
      expect(isDatabaseRunning(getApp())).toBe(false);
      return performance.now() - since;
    }

    it('answers 100 clients that keep their connections busy all that they sent, and ends', async () => {
      const clients = startClients(server, 100);
      await sleep(1_000);
      clients.told();
      const ended = stop();
      // Long before the time for those that do not end.
      expect(await ended).toBeLessThan(TIMEOUT_MS + DATABASE_MS);
      const { answered, lost, told, tooLate } = await clients.finished();
      expect(answered).toBeGreaterThan(100);
      expect(lost).toEqual([]);
      // Each was told not to use its connection again, but for a few on a busy machine who sent a request
      // just as their connection, which was idle then, was closed.
      expect(told + tooLate).toBeGreaterThanOrEqual(100);
      expect(told).toBeGreaterThanOrEqual(90);
    });

    it('answers what it has not even accepted yet', async () => {
      const busy = ask(server, '/probes/busy/700');
      await busy.sent;
      await sleep(100);
      const waiting = Array.from({ length: 60 }, () => ask(server, '/users'));
      await Promise.all(waiting.map(({ sent }) => sent));
      const ended = stop();
      const statuses = await Promise.all([busy, ...waiting].map(({ status }) => status));
      expect(statuses).toEqual(Array.from({ length: 61 }, () => 200));
      await ended;
    });

    it('answers what takes a while, and then ends at once', async () => {
      const answer = fetch(`${server.url}/probes/sleep/1000`, {
        headers: { 'X-Tenant-Id': 'acme' },
      });
      await sleep(200);
      const ended = stop();
      expect((await answer).status).toBe(200);
      await ended;
    });

    it.each<[string, string]>([
      ['an event stream', 'GET /probes/events HTTP/1.1\r\nHost: x\r\nX-Tenant-Id: acme\r\n\r\n'],
      ['half of a body', 'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'],
      ['half of a head', 'GET /users HT'],
      ['a connection without a request', ''],
    ])('does not wait for %s', async (_what, bytes) => {
      const socket = await open(server.port, bytes);
      await sleep(300);
      const took = await stop();
      expect(took).toBeLessThan(TIMEOUT_MS + DATABASE_MS);
      await closed(socket);
    });

    it('stops what it has started where its port is taken', async () => {
      await stop();
      const taken = createServer().listen(0);
      await once(taken, 'listening');
      const { port } = taken.address() as { port: number };
      const { status, stderr } = spawnSync(process.execPath, ['dist/main.js'], {
        cwd: getApp().directory,
        env: { PATH: process.env.PATH, PORT: String(port), NO_COLOR: '1' },
        encoding: 'utf8',
        timeout: 60_000,
      });
      taken.close();
      expect(status).toBe(1);
      expect(stderr).toContain('EADDRINUSE');
      expect(isDatabaseRunning(getApp())).toBe(false);
    });
  });
}

function isDatabaseRunning({ directory }: GeneratedApp): boolean {
  return existsSync(join(directory, '.postgres/data/postmaster.pid'));
}

/** Clients that send their next request as soon as they have an answer, on connections that stay open. */
function startClients({ port }: RunningServer, count: number) {
  const agent = new Agent({ keepAlive: true });
  const lost: string[] = [];
  let toldAt = Infinity;
  let answered = 0;
  let told = 0;
  let tooLate = 0;

  async function client(): Promise<void> {
    for (;;) {
      let sentAt = Infinity;
      try {
        const request = get({ port, path: '/users', agent, headers: { 'X-Tenant-Id': 'acme' } });
        // By then it has left this process.
        request.once('finish', () => (sentAt = performance.now()));
        const [answer] = (await once(request, 'response')) as [IncomingMessage];
        await once(answer.resume(), 'end');
        if (answer.statusCode === 200) answered++;
        else lost.push(`answered ${answer.statusCode}`);
        if (answer.headers.connection === 'close') told++;
        // From then on its connection is free for the next.
        await nextTurn();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Nobody listens any more: so this was not sent.
        if (code === 'ECONNREFUSED') return;
        if (sentAt < toldAt) lost.push(String(code));
        else tooLate++;
      }
    }
  }

  const clients = Array.from({ length: count }, client);
  return {
    told: () => void (toldAt = performance.now()),
    async finished() {
      await Promise.all(clients);
      agent.destroy();
      return { answered, lost, told, tooLate };
    },
  };
}

/** A request on a connection of its own. */
function ask({ port }: RunningServer, path: string) {
  const request = get({ port, path, agent: false, headers: { 'X-Tenant-Id': 'acme' } });
  const status = (once(request, 'response') as Promise<[IncomingMessage]>).then(
    ([answer]) => answer.resume().statusCode,
    (error: NodeJS.ErrnoException) => error.code,
  );
  return { sent: once(request, 'finish'), status };
}

async function open(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  if (bytes !== '') socket.write(bytes);
  return socket.resume();
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}
