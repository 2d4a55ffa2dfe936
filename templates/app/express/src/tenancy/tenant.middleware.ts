import { Injectable, NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { RequestTenant } from './request-tenant.js';
import { ResolverChain } from './resolvers/resolver-chain.js';

/**
 * Runs the rest of the request as its tenant. A middleware, because guards,
 * interceptors and filters must find the tenant too.
 */
@Injectable()
export class TenantMiddleware implements NestMiddleware {
  constructor(
    private readonly tenant: RequestTenant,
    private readonly resolvers: ResolverChain,
  ) {}

  use(request: Request, response: Response, next: NextFunction) {
    response.vary(this.resolvers.headers.join(', '));
    return this.tenant.run(request, response, next);
  }
}
