import { Injectable, NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** A body of a type that no parser takes. */
export class UnreadBody {}

/**
 * Marks a body that no parser has read. Express leaves it out, and a handler would take it for an
 * empty one; InputPipe refuses it. Handlers that read the request by themselves, and interceptors
 * for uploads, are not concerned.
 */
@Injectable()
export class UnreadBodyMiddleware implements NestMiddleware {
  use(request: Request, _response: Response, next: NextFunction) {
    if (request.body === undefined && hasBody(request)) {
      request.body = new UnreadBody();
    }
    next();
  }
}

function hasBody({ headers }: Request): boolean {
  const length = Number(headers['content-length'] ?? 0);
  return length > 0 || headers['transfer-encoding'] !== undefined;
}
