import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How long a process may take to end once it has said that it is done. */
const END_TIMEOUT_MS = 20_000;

/** A process of its own, with which messages are exchanged. Its death is an answer too. */
export class Child {
  #process;
  #answers = new Map();
  #errors = '';
  progress = 0;
  ended = false;

  /** @param file next to this one */
  constructor(file, config) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr.on('data', (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-10_000);
    });
    this.#process.on('message', (message) => {
      if (message.type === 'progress') this.progress = message.statements;
      this.#answers.get(message.type)?.(message);
      this.#answers.delete(message.type);
    });
    this.exit = once(this.#process, 'exit').then(([code, signal]) => {
      this.ended = true;
      for (const answer of this.#answers.values()) answer(undefined);
      return { code, signal, errors: this.#errors };
    });
    this.#process.on('error', () => undefined);
    this.done = this.#next('done');
    this.#send({ type: 'start', config });
  }

  /** @returns the answer, or undefined where the process died */
  ask(message, answer) {
    const answered = this.#next(answer);
    this.#send(message);
    return answered;
  }

  tell(message) {
    this.#send(message);
  }

  /** Waits for its result and its end. */
  async result() {
    const message = await this.done;
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_TIMEOUT_MS);
    const exit = await this.exit;
    clearTimeout(timer);
    return { result: message?.result, exit };
  }

  kill() {
    this.#process.kill('SIGKILL');
  }

  #next(type) {
    if (this.ended) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#answers.set(type, resolve));
  }

  #send(message) {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }
}
