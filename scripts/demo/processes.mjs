import { spawn } from 'node:child_process';

const STOP_TIMEOUT_MS = 15_000;

/** The child processes of the demo: none outlives it. */
export class Processes {
  #running = new Map();
  #isStopping = false;
  #stopped;

  constructor() {
    let resolveStopped;
    this.#stopped = new Promise((resolve) => (resolveStopped = resolve));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        if (this.#isStopping) return;
        console.log('\nStopping…');
        void this.stopAll().then(resolveStopped);
      });
    }
  }

  /** Whether the user asked to stop, or everything is done. */
  get isStopping() {
    return this.#isStopping;
  }

  /** Runs a command to its end; throws with its whole output when it fails. */
  async run(command, args, options) {
    const child = this.start(command, args, options);
    const status = await child.ended;
    if (status !== 0) {
      const error = new Error(`"${[command, ...args].join(' ')}" ended with ${status}.`);
      error.output = child.output();
      throw error;
    }
    return child.output();
  }

  /** Starts a command in a process group of its own, so that what it starts can be stopped with it. */
  start(command, args, { cwd, env = {} }) {
    if (this.#isStopping) throw new Error('Interrupted.');
    const child = spawn(command, args, {
      cwd,
      env: { ...environment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const ended = new Promise((resolve) => {
      child.once('error', (error) => {
        chunks.push(Buffer.from(`${error.message}\n`));
        resolve('an error');
      });
      child.once('close', (code, signal) => resolve(signal ?? code));
    });
    this.#running.set(child, ended);
    const isRunning = () => this.#running.has(child);
    void ended.then(() => this.#running.delete(child));
    return { ended, isRunning, output: () => Buffer.concat(chunks).toString() };
  }

  async stopAll() {
    this.#isStopping = true;
    await Promise.all([...this.#running].map(([child, ended]) => stop(child, ended)));
  }

  /** Waits until the user stops the demo. Throws when what is running ends before that. */
  async untilStopped() {
    const [ended] = this.#running.values();
    const status = await Promise.race([this.#stopped, ended]);
    if (!this.#isStopping) throw new Error(`The application ended by itself, with ${status}.`);
    await this.#stopped;
  }
}

async function stop(child, ended) {
  kill(child, 'SIGTERM');
  const timer = setTimeout(() => kill(child, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function kill(child, signal) {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // It ended in the meantime, which is what was wanted.
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * The user's environment without what would change the demo: it runs on its own embedded PostgreSQL,
 * and the settings of the npm that runs the demo are not those of the npm in the application.
 */
function environment() {
  const unwanted =
    /^(DATABASE_URL|NODE_ENV|INIT_CWD|npm_(package|lifecycle|config_(orm|dir|once|local_prefix)).*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !unwanted.test(name)));
}
