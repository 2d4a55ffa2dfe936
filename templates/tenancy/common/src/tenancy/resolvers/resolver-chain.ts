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

  /** Returns a promise only if a resolver does. */
  resolve(
    request: TenantRequest,
  ): string | undefined | Promise<string | undefined> {
    const slugs = this.resolvers.map((resolver) => ask(resolver, request));
    return slugs.every((slug) => typeof slug !== 'object')
      ? agreedOn(slugs)
      : Promise.all(slugs.map(async (slug) => slug)).then(agreedOn);
  }
}

function ask(resolver: TenantResolver, request: TenantRequest) {
  try {
    return resolver.resolve(request);
  } catch (error) {
    // Nobody would wait for the promises of the others.
    return Promise.reject<undefined>(error);
  }
}

function agreedOn(found: (string | undefined)[]): string | undefined {
  const slugs = new Set(
    found.filter((slug) => slug !== undefined).map(parseTenantSlug),
  );
  if (slugs.size > 1) throw new TenantAmbiguousError([...slugs]);
  return slugs.values().next().value;
}
