import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a PostgreSQL server on which things can go wrong. */
export interface Relay {
  readonly connectionString: string;
  /** Has nothing pass on the connections there are, without a sign of it. New ones work. */
  freeze(): void;
  /** Has nothing of what the server says pass on the connections there are. */
  deafen(): void;
  /** Keeps what the server says from now on, on the connections there are. Even their end. */
  hold(): HeldAnswers;
  /** Has nothing pass at all from now on, also on new connections. */
  blackhole(silent: boolean): void;
  close(): Promise<void>;
}

export interface HeldAnswers {
  readonly bytes: Buffer;
  /** Has it all arrive at once, and these bytes behind it. */
  pass(then: Buffer): Promise<void>;
}

/**
 * @param idleNotifications false drops what the server sends on its own, outside of any statement,
 *   as a pooler in transaction mode does
 */
export async function startRelay(
  target: string,
  { idleNotifications = true } = {},
): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const upstreams = new Map<Socket, Socket>();
  let silent = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    upstreams.set(upstream, client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    const pass = idleNotifications ? (bytes: Buffer) => bytes : withoutIdleNotifications(client);
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => client.write(pass(bytes)));
    if (silent) freeze();
  });
  const freeze = () => {
    for (const socket of sockets) socket.removeAllListeners('data').pause();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    connectionString: url.href,
    freeze,
    deafen() {
      for (const upstream of upstreams.keys()) upstream.removeAllListeners('data').resume();
    },
    hold() {
      let bytes: Buffer = Buffer.alloc(0);
      for (const upstream of upstreams.keys()) {
        upstream.removeAllListeners('data').removeAllListeners('close');
        upstream.on('data', (more) => (bytes = Buffer.concat([bytes, more])));
      }
      return {
        get bytes() {
          return bytes;
        },
        async pass(then) {
          const clients = [...upstreams.values()].filter(({ destroyed }) => !destroyed);
          for (const client of clients) client.write(bytes);
          await delay(50);
          for (const client of clients) client.end(then);
        },
      };
    },
    blackhole(on) {
      silent = on;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const NOTIFICATION = 'A'.charCodeAt(0);
const READY = 'Z'.charCodeAt(0);

/** Reads the messages of a server: a byte for the type, four for the length, and the rest. */
function withoutIdleNotifications(client: Socket): (bytes: Buffer) => Buffer {
  let isIdle = false;
  let rest: Buffer = Buffer.alloc(0);
  client.on('data', () => (isIdle = false));
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const passed: Buffer[] = [];
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (message[0] === READY) isIdle = true;
      if (!isIdle || message[0] !== NOTIFICATION) passed.push(message);
    }
    return Buffer.concat(passed);
  };
}
