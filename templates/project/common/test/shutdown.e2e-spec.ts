import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import type { App } from 'supertest/types.js';
import { createApp } from './support/app.js';

// Set before the imports: importing the application reads the environment.
vi.hoisted(() => vi.stubEnv('SHUTDOWN_TIMEOUT_MS', '1000'));

describe('Shutdown (e2e)', () => {
  let app: INestApplication<App>;
  let port: number;

  beforeEach(async () => {
    app = await createApp();
    await app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
  });

  it('answers what was sent, also to clients that keep their connections busy', async () => {
    const agent = new Agent({ keepAlive: true });
    const answers: (number | undefined)[] = [];
    let sent = 0;
    let isClosing = false;
    const client = async () => {
      while (!isClosing) {
        sent++;
        const [answer] = (await once(get({ port, agent }), 'response')) as [
          IncomingMessage,
        ];
        answers.push(answer.resume().statusCode);
      }
    };
    const clients = Array.from({ length: 20 }, client);
    await sleep(100);
    isClosing = true;
    await app.close();
    await Promise.all(clients);
    expect(answers).toEqual(Array.from({ length: sent }, () => 200));
  });

  it('does not wait for ever for the rest of a request', async () => {
    const connection = connect(port, '127.0.0.1');
    connection.write(
      'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
    );
    const closed = once(connection.resume(), 'close');
    await sleep(100);
    await app.close();
    await closed;
  });
});
