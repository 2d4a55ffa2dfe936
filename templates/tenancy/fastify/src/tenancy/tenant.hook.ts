import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { RequestTenant } from './request-tenant.js';
import { ResolverChain } from './resolvers/resolver-chain.js';

/**
 * Runs the rest of the request as its tenant. Not a Nest middleware: Fastify
 * reads the body after those, and what follows would run without the tenant.
 */
@Injectable()
export class TenantHook {
  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly tenant: RequestTenant,
    private readonly resolvers: ResolverChain,
  ) {}

  register() {
    const fastify = this.adapterHost.httpAdapter.getInstance();
    fastify.addHook('preHandler', (request, reply, done) => {
      const vary = [reply.getHeader('Vary') ?? [], this.resolvers.headers];
      reply.header('Vary', vary.flat().join(', '));
      void this.tenant.run(request, reply.raw, done);
    });
  }
}
