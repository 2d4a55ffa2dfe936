import type { ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { toProblem } from '../problem-details/problem-details.js';
import { answer } from './answer.js';

export function createAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    // Requests that arrive while the application ends are answered too, see GracefulShutdown.
    return503OnClosing: false,
    // For URLs that Fastify cannot route.
    frameworkErrors: (
      error: Error,
      _request: unknown,
      reply: { raw: ServerResponse },
    ) => answer(reply.raw, toProblem(error)),
  });
}
