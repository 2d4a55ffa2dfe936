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
  run(
    request: TenantRequest,
    response: ServerResponse,
    next: () => void,
  ): void | Promise<void> {
    const goOn = (tenant: Tenant | undefined) => {
      if (!tenant) return next();
      // A statement that is sent later was not awaited, or runs for another request.
      const isOver = () => response.writableEnded;
      return runWithTenant(tenant, next, { isOver });
    };
    const goOnWithout = (reason: unknown) => refusal.run(reason, next);

    // Nearly every request finds its tenant in memory, and then nothing waits.
    let tenant: Tenant | undefined | Promise<Tenant | undefined>;
    try {
      tenant = this.find(request);
    } catch (error) {
      return goOnWithout(error);
    }
    return tenant instanceof Promise
      ? tenant.then(goOn, goOnWithout)
      : goOn(tenant);
  }

  private find(
    request: TenantRequest,
  ): Tenant | undefined | Promise<Tenant | undefined> {
    const slug = this.resolvers.resolve(request);
    return slug instanceof Promise
      ? slug.then((found) => this.lookUp(found))
      : this.lookUp(slug);
  }

  private lookUp(slug: string | undefined) {
    if (slug === undefined) return undefined;
    return (
      this.registry.getActiveIfCached(slug) ?? this.registry.getActive(slug)
    );
  }
}
