import { currentTenant, type Tenant } from '@mt/runtime';
import { createParamDecorator, SetMetadata } from '@nestjs/common';

export const WITHOUT_TENANT = 'withoutTenant';

/** Lets a route, or all routes of a controller, be called without a tenant. */
export const WithoutTenant = () => SetMetadata(WITHOUT_TENANT, true);

/** The tenant of the request: `findAll(@CurrentTenant() tenant: Tenant)`. */
export const CurrentTenant = createParamDecorator((): Tenant =>
  currentTenant(),
);
