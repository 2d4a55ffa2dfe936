import type { WireConnection } from '../pool/wire-connection.js';

/** The parts of node-postgres' connection that are used here. */
export interface StreamConnection extends WireConnection {
  query(text: string): void;
  parse(message: { text: string; name?: string }): void;
  bind(message: object): void;
  execute(message: object): void;
  close(message: { type: 'P'; name: string }): void;
  flush(): void;
  once(event: string, listener: () => void): unknown;
  on(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
}

/** What stands in the place of the connection's own methods, and what may be done with it now. */
export interface WireGuard {
  query(text: unknown): void;
  parse(message: unknown): void;
  bind(message: unknown): void;
  sync(): void;
  readonly once: (event: string, listener: () => void) => void;
  mayWrite(): boolean;
  mayRead(): boolean;
}

/** Of those, the ones that write. */
const GUARDED: ReadonlySet<PropertyKey> = new Set(['bind', 'parse', 'query', 'sync']);

/** Methods of the connection that write, apart from those that are replaced. */
const WRITERS: ReadonlySet<PropertyKey> = new Set([
  'cancel',
  'close',
  'describe',
  'end',
  'endCopyFrom',
  'execute',
  'flush',
  'sendCopyFail',
  'sendCopyFromChunk',
]);

/** A connection as a cursor or a stream sees it: what it may not write any more is left out. */
export function wireTo(connection: StreamConnection, guard: WireGuard): object {
  const socket = socketOf(connection, guard);
  return new Proxy(connection, {
    get: (target, key): unknown => {
      if (key === 'stream') return socket;
      if (key === 'once') return guard.once;
      const isGuarded = GUARDED.has(key);
      if ((isGuarded || WRITERS.has(key)) && !guard.mayWrite()) return ignore;
      return boundTo(isGuarded ? guard : target, key);
    },
  });
}

/** Its socket, of which it reads no more once it is over, also where it still listens. */
function socketOf({ stream }: StreamConnection, guard: WireGuard): object {
  return new Proxy(stream, {
    get: (target, key): unknown =>
      key === 'read' && !guard.mayRead() ? () => null : boundTo(target, key),
  });
}

function boundTo(target: object, key: PropertyKey): unknown {
  const value: unknown = Reflect.get(target, key);
  return typeof value === 'function' ? value.bind(target) : value;
}

function ignore(): void {}
