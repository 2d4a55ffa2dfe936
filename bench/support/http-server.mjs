import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onClientCore } from './cores.mjs';

/** One application, in a process and on a core of its own. */
export class HttpServer {
  #child;
  #agent;
  #port;

  /** @returns when the first request has been answered */
  static async start(app, env, request, connections) {
    const server = new HttpServer();
    server.#port = await freePort();
    server.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    const started = performance.now();
    server.#child = spawn(...onClientCore(process.execPath, ['dist/main.js']), {
      cwd: app,
      env: { ...process.env, NODE_ENV: 'production', PORT: String(server.#port), ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    while ((await server.#ask(request)) !== 200) {
      if (server.#child.exitCode !== null) throw new Error(`${app} ended before it had answered.`);
      await sleep(2);
    }
    server.startMs = performance.now() - started;
    return server;
  }

  /** @returns requests a millisecond, and milliseconds of the process a request */
  async measure(next, milliseconds, concurrency) {
    const started = performance.now();
    const cpu = this.#cpuMs();
    const end = started + milliseconds;
    let count = 0;
    const client = async () => {
      while (performance.now() < end) {
        const status = await this.#ask(next());
        if (status !== 200) throw new Error(`A request was answered with ${status}.`);
        count++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, client));
    return {
      rate: count / (performance.now() - started),
      cpu: (this.#cpuMs() - cpu) / count,
    };
  }

  async stop() {
    this.#agent.destroy();
    this.#child.kill();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }

  /** @returns the status; undefined where nobody listens yet */
  #ask({ path, headers }) {
    return new Promise((resolve, reject) => {
      const options = { port: this.#port, path, headers, agent: this.#agent };
      get(options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', (error) =>
        error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error),
      );
    });
  }

  /** Of all its threads; NaN where the system does not tell. */
  #cpuMs() {
    try {
      const tasks = `/proc/${this.#child.pid}/task`;
      const nanoseconds = readdirSync(tasks).map((task) =>
        Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
      );
      return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
    } catch {
      return NaN;
    }
  }
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
