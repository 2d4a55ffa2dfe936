import type { ServerResponse } from 'node:http';
import type { ProblemDetails } from '../common/problem-details.js';

/** Answers without Nest, which a request has not reached. */
export function answer(response: ServerResponse, problem: ProblemDetails) {
  response
    .writeHead(problem.status, {
      'Content-Type': 'application/problem+json',
      Connection: 'close',
    })
    .end(JSON.stringify(problem));
}
