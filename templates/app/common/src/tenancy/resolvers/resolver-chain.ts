import { parseTenantSlug, TenantAmbiguousError } from '@mt/runtime';
import { Inject, Injectable } from '@nestjs/common';
import {
  TENANT_RESOLVERS,
  type TenantRequest,
  type TenantResolver,
} from './tenant-resolver.js';

/** Asks every resolver, and refuses a request in which two of them disagree. */
@Injectable()
export class ResolverChain {
  /** The headers by which resolvers find the tenant. */
  readonly headers: string[];

  constructor(
    @Inject(TENANT_RESOLVERS) private readonly resolvers: TenantResolver[],
  ) {
    this.headers = resolvers.flatMap(({ header }) => header ?? []);
  }

  async resolve(request: TenantRequest): Promise<string | undefined> {
    const slugs = new Set<string>();
    for (const resolver of this.resolvers) {
      const slug = await resolver.resolve(request);
      if (slug !== undefined) slugs.add(parseTenantSlug(slug));
    }
    if (slugs.size > 1) throw new TenantAmbiguousError([...slugs]);
    return slugs.values().next().value;
  }
}
