import type { IncomingHttpHeaders } from 'node:http';

/** The part of a request that resolvers read, the same on Express and on Fastify. */
export interface TenantRequest {
  readonly headers: IncomingHttpHeaders;
  readonly hostname: string;
  readonly url: string;
}

/** One way to find out which tenant a request is for. */
export interface TenantResolver {
  /** The header that this resolver reads. Answers name it in `Vary`, so that caches do not mix tenants up. */
  readonly header?: string;

  /** The slug that the request names, or undefined if it names none. */
  resolve(
    request: TenantRequest,
  ): string | undefined | Promise<string | undefined>;
}

export const TENANT_RESOLVERS = Symbol('TENANT_RESOLVERS');
