import type { ServerResponse } from 'node:http';
import type { ProblemDetails } from '../problem-details/problem-details.js';

/** Answers a request that has not reached Nest. */
export function answer(response: ServerResponse, problem: ProblemDetails) {
  response
    .writeHead(problem.status, {
      'Content-Type': 'application/problem+json',
      Connection: 'close',
    })
    .end(JSON.stringify(problem));
}
