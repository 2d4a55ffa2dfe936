import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';
import { RequestTenant } from './request-tenant.js';
import { ResolverChain } from './resolvers/resolver-chain.js';

/**
 * Runs the rest of the request as its tenant. A middleware, because guards, interceptors and filters
 * must find the tenant too. Express calls it itself: Nest would wrap it, and wait for it, each time.
 */
@Injectable()
export class TenantMiddleware {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly tenant: RequestTenant,
    private readonly resolvers: ResolverChain,
  ) {}

  register() {
    this.adapterHost.httpAdapter.use(
      (request: Request, response: Response, next: NextFunction) => {
        for (const header of this.resolvers.headers) response.vary(header);
        return this.tenant.run(request, response, next);
      },
    );
  }
}
