import { EventEmitter } from 'node:events';

export type Listener = (...args: unknown[]) => void;

/** Listeners of a checked-out client, for what is told on the connection that it has at the moment. */
export class ClientEvents {
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #forwarders = new Map<string, Listener>();
  #source: EventEmitter | undefined;

  constructor(source: EventEmitter | undefined) {
    this.#source = source;
  }

  /** Tells of this connection from now on; of none where there is none. */
  follow(source: EventEmitter | undefined): void {
    if (source === this.#source) return;
    for (const [event, forward] of this.#forwarders) {
      this.#source?.removeListener(event, forward);
      source?.on(event, forward);
    }
    this.#source = source;
  }

  add(how: 'on' | 'once' | 'prependListener', event: string, listener: Listener): void {
    this.#events[how](event, listener);
    if (this.#forwarders.has(event)) return;
    const forward: Listener = (...args) => this.#events.emit(event, ...args);
    this.#forwarders.set(event, forward);
    this.#source?.on(event, forward);
  }

  remove(event: string, listener: Listener): void {
    this.#events.removeListener(event, listener);
  }

  removeAll(event: string | undefined): void {
    if (event === undefined) this.#events.removeAllListeners();
    else this.#events.removeAllListeners(event);
  }

  listeners(event: string): Listener[] {
    return this.#events.listeners(event) as Listener[];
  }

  names(): string[] {
    return this.#events.eventNames() as string[];
  }
}
