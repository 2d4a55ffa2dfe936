import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Sends bytes that are no request of any HTTP client, and gives the answers to them. */
export async function sendBytes(
  port: number,
  bytes: string | Buffer,
  patienceMs = 2_000,
): Promise<RawAnswer[]> {
  const received: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('end', () => socket.end());
    // A server that closes what it did not read resets the connection.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
  });
  return answersIn(Buffer.concat(received).toString('latin1'));
}

/** No body has a line that looks like the first of an answer: JSON is one line. */
function answersIn(text: string): RawAnswer[] {
  return text
    .split(/^(?=HTTP\/1\.1 \d{3} )/m)
    .filter((answer) => answer.startsWith('HTTP/1.1 ') && !answer.startsWith('HTTP/1.1 100'))
    .map((answer) => {
      const [head = '', ...rest] = answer.split('\r\n\r\n');
      return {
        status: Number(head.slice(9, 12)),
        type: /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? '',
        body: rest.join('\r\n\r\n'),
      };
    });
}
