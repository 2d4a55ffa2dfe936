import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import {
  setImmediate as nextTurn,
  setTimeout as sleep,
} from 'node:timers/promises';
import {
  Inject,
  Injectable,
  OnApplicationShutdown,
  OnModuleDestroy,
  OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { environment, type Environment } from '../config/environment.js';

/** The longest time for accepting requests that were sent before the application was told to end. */
const ACCEPT_MS = 2000;
/** The time in which idle clients may send one more request; its answer asks them to send no other. */
const PAUSE_MS = 100;

/**
 * Lets the server answer the requests it has, and then end. By itself it would run for as long as clients
 * keep their connections busy, and wait for ever for event streams and for halves of requests.
 */
@Injectable()
export class GracefulShutdown
  implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown
{
  private readonly connections = new Set<Socket>();
  private readonly responses = new Set<ServerResponse>();
  private readonly timeoutMs: number;
  private server: Server | undefined;
  private accepted = 0;
  private isClosing = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(environment.KEY) env: Environment,
  ) {
    this.timeoutMs = env.SHUTDOWN_TIMEOUT_MS;
  }

  onModuleInit() {
    // There is none where a script starts the application.
    this.server = this.adapterHost.httpAdapter?.getHttpServer();
    this.server?.on('connection', (connection: Socket) => {
      this.accepted++;
      this.connections.add(connection);
      connection.once('close', () => this.connections.delete(connection));
    });
    // Before the application, which may have answered when the next listener is called.
    this.server?.prependListener('request', (_request, response) => {
      if (this.isClosing) response.setHeader('Connection', 'close');
      this.responses.add(response);
      response.once('close', () => this.ended(response));
    });
  }

  async onModuleDestroy() {
    await this.acceptWhatWaits();
    this.isClosing = true;
    for (const response of this.responses) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    if (!this.server?.listening) return;

    // Takes no new connections. HTTP's own close(), which Nest calls some hooks later, also cuts those
    // that look idle, and on which a request may be coming.
    NetServer.prototype.close.call(this.server);
    await sleep(PAUSE_MS);
    await nextTurn();
    this.timer = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, this.timeoutMs);
  }

  onApplicationShutdown() {
    clearTimeout(this.timer);
  }

  /** Node accepts one connection a turn of its loop, and closing the server would reset all others. */
  private async acceptWhatWaits() {
    const until = performance.now() + ACCEPT_MS;
    let before: number;
    do {
      before = this.accepted;
      await nextTurn();
      await nextTurn();
    } while (this.accepted > before && performance.now() < until);
  }

  private ended(response: ServerResponse) {
    this.responses.delete(response);
    // The connection of an answer that had begun before it all stays open.
    if (this.timer) this.server?.closeIdleConnections();
  }
}
