import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What a client has sent: the type of a message, empty for the start-up, and what is in it. */
export interface Received {
  readonly type: string;
  readonly body: Buffer;
}

/** One connection of a client, as the server has it. */
export interface Session {
  readonly socket: Socket;
  send(...messages: Buffer[]): void;
  end(...messages: Buffer[]): void;
}

export interface WireServer {
  readonly connectionString: string;
  readonly port: number;
  /** Sockets of clients that are open. */
  readonly open: number;
  close(): Promise<void>;
}

/**
 * A server that speaks PostgreSQL's protocol and says whatever a test has it say: what a real one
 * says only when it is ill, and what poolers say.
 *
 * @param answer is called for each message, the start-up included
 */
export async function startWireServer(
  answer: (received: Received, session: Session) => void,
): Promise<WireServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const session: Session = {
      socket,
      send: (...messages) => void socket.write(Buffer.concat(messages)),
      end: (...messages) => void socket.end(Buffer.concat(messages)),
    };
    let rest: Buffer = Buffer.alloc(0);
    let started = false;
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (;;) {
        const header = started ? 1 : 0;
        if (rest.length < header + 4) return;
        const end = header + rest.readInt32BE(header);
        if (rest.length < end) return;
        const type = rest.toString('latin1', 0, header);
        const body = rest.subarray(header + 4, end);
        rest = rest.subarray(end);
        // A request for TLS is answered by one byte, and followed by the start-up.
        if (!started && body.readInt32BE(0) === SSL_REQUEST) {
          answer({ type: 'ssl', body }, session);
          continue;
        }
        started = true;
        answer({ type, body }, session);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: `postgres://app:secret@127.0.0.1:${port}/app`,
    port,
    get open() {
      return sockets.size;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const SSL_REQUEST = 80_877_103;

/** Messages of a server. @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
export const wire = {
  authenticationOk: message('R', int32(0)),
  cleartextPassword: message('R', int32(3)),
  md5Password: message('R', int32(5), Buffer.from('salt')),
  scram: message('R', int32(10), Buffer.from('SCRAM-SHA-256\0\0')),
  keyData: message('K', int32(1), int32(2)),
  ready: (status: 'I' | 'T' | 'E' = 'I') => message('Z', Buffer.from(status)),
  parseComplete: message('1'),
  bindComplete: message('2'),
  noData: message('n'),
  complete: (tag: string) => message('C', text(tag)),
  error: (code: string, what = 'It failed.', severity = 'ERROR') =>
    message(
      'E',
      Buffer.from('S'),
      text(severity),
      Buffer.from('C'),
      text(code),
      Buffer.from('M'),
      text(what),
      Buffer.from('\0'),
    ),
};

/** What is said to a client that may come in. */
export const WELCOME = [wire.authenticationOk, wire.keyData, wire.ready()];

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
