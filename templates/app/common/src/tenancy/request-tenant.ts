import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { runWithTenant, TenantRegistry, type Tenant } from '@mt/runtime';
import { Injectable } from '@nestjs/common';
import { ResolverChain } from './resolvers/resolver-chain.js';
import type { TenantRequest } from './resolvers/tenant-resolver.js';

const refusal = new AsyncLocalStorage<unknown>();

/** The reason why the request has no tenant, if it names one that cannot be served. */
export const whyNoTenant = () => refusal.getStore();

/** Finds the tenant of a request, and runs the rest of the request as that tenant. */
@Injectable()
export class RequestTenant {
  constructor(
    private readonly resolvers: ResolverChain,
    private readonly registry: TenantRegistry,
  ) {}

  /** A request without a tenant goes on, with the reason: TenantGuard decides whether its route needs one. */
  async run(
    request: TenantRequest,
    response: ServerResponse,
    next: () => void,
  ) {
    let tenant: Tenant | undefined;
    try {
      const slug = await this.resolvers.resolve(request);
      if (slug !== undefined) tenant = await this.registry.getActive(slug);
    } catch (error) {
      return refusal.run(error, next);
    }
    if (!tenant) return next();
    // A statement that is sent later was not awaited, or runs for another request.
    const isOver = () => response.writableEnded;
    return runWithTenant(tenant, next, { isOver });
  }
}
