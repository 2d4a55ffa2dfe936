import {
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpStatus, Injectable, OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { problem } from '../problem-details/problem-details.js';
import { answer } from './answer.js';

/** The status for bytes that are no HTTP request, where it is not 400. */
const STATUSES: Partial<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: HttpStatus.REQUEST_TIMEOUT,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: HttpStatus.PAYLOAD_TOO_LARGE,
  HPE_HEADER_OVERFLOW: 431,
};

/** Answers requests that Node refuses by itself, and requests that never reach Nest, as problems. */
@Injectable()
export class RefusedRequests implements OnModuleInit {
  /** The last request of a connection. */
  private readonly responses = new WeakMap<Duplex, ServerResponse>();

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onModuleInit() {
    // There is none where a script starts the application.
    const server: (Server & { requireHostHeader?: boolean }) | undefined =
      this.adapterHost.httpAdapter?.getHttpServer();
    if (!server) return;

    const application = server.listeners('request');
    // Checked here, because Node's own answer has no body.
    server.requireHostHeader = false;
    server
      .removeAllListeners('request')
      .on('request', (request, response) => {
        this.responses.set(request.socket, response);
        const reason = malformation(request);
        if (reason)
          return answer(response, problem(HttpStatus.BAD_REQUEST, reason));
        for (const listener of application) {
          listener.call(server, request, response);
        }
      })
      .on('checkExpectation', (_request, response) =>
        answer(
          response,
          problem(
            HttpStatus.EXPECTATION_FAILED,
            'Only 100-continue can be expected.',
          ),
        ),
      )
      .removeAllListeners('clientError')
      .on('clientError', (error: NodeJS.ErrnoException, connection) =>
        this.refuse(
          connection,
          STATUSES[error.code ?? ''] ?? HttpStatus.BAD_REQUEST,
        ),
      );
  }

  /** Writes to the socket: bytes that are no HTTP request have no response object. */
  private refuse(connection: Duplex, status: number) {
    const response = this.responses.get(connection);
    const isAnswering = response?.headersSent && !response.writableFinished;
    if (!connection.writable || isAnswering) return connection.destroy();

    const body = JSON.stringify(problem(status, ''));
    return connection.end(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        'Content-Type: application/problem+json',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
      () => connection.destroy(),
    );
  }
}

function malformation({ headers, httpVersion, url = '' }: IncomingMessage) {
  if (httpVersion === '1.1' && headers.host === undefined) {
    return 'The request names no host.';
  }
  // A path, "*", or a whole URL, as proxies receive it.
  if (!/^[/*]/.test(url) && !URL.canParse(url)) {
    return 'The request has no valid URL.';
  }
  return undefined;
}
