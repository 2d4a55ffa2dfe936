import type { ArgumentsHost } from '@nestjs/common';
import { throwError } from 'rxjs';
import type { ProblemDetails } from './problem-details.js';

/** A client of the `ws` package, or of Socket.IO. */
interface WsClient {
  readyState?: number;
  send(message: string): void;
  emit(event: string, payload: unknown): void;
}

/** Sends a problem over another transport than HTTP, in the way of Nest's own filters. */
export function tellProblem(problem: ProblemDetails, host: ArgumentsHost) {
  switch (host.getType()) {
    case 'ws':
      return emit(host.switchToWs().getClient<WsClient>(), problem);
    case 'rpc':
      return throwError(() => problem);
    default:
      // GraphQL, and whatever else calls handlers and passes on what they throw.
      throw Object.assign(new Error(problem.detail), { extensions: problem });
  }
}

function emit(client: WsClient, problem: ProblemDetails) {
  // A client of the `ws` package is sent text: what it emits stays in this process.
  if (client.readyState === undefined) client.emit('exception', problem);
  else client.send(JSON.stringify({ event: 'exception', data: problem }));
}
