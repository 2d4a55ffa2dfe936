import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { runWithTenant, TenantRegistry, type Tenant } from '@mt/runtime';
import { Injectable } from '@nestjs/common';
import { ResolverChain } from './resolvers/resolver-chain.js';
import type { TenantRequest } from './resolvers/tenant-resolver.js';

const refusal = new AsyncLocalStorage<unknown>();

/** Why the request has no tenant, where it names one that cannot be served. */
export const whyNoTenant = () => refusal.getStore();

/** Finds the tenant of a request, and runs the rest of the request as that tenant. */
@Injectable()
export class RequestTenant {
  constructor(
    private readonly resolvers: ResolverChain,
    private readonly registry: TenantRegistry,
  ) {}

  /** Whether the route can do without a tenant is for TenantGuard to say. */
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
    // What is sent later was not awaited, or runs for somebody else.
    const isOver = () => response.writableEnded;
    return runWithTenant(tenant, next, { isOver });
  }
}
