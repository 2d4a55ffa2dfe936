import { tryCurrentTenant } from '@mt/runtime';
import {
  BadRequestException,
  CanActivate,
  ExecutionContext,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { whyNoTenant } from './request-tenant.js';
import { WITHOUT_TENANT } from './tenant.decorators.js';

/** Refuses requests that have no tenant, except where @WithoutTenant() allows them. */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const withoutTenant = this.reflector.getAllAndOverride<boolean | undefined>(
      WITHOUT_TENANT,
      [context.getHandler(), context.getClass()],
    );
    if (withoutTenant || tryCurrentTenant()) return true;

    throw (
      whyNoTenant() ??
      new BadRequestException({
        code: 'TENANT_CONTEXT_MISSING',
        message: 'This request needs a tenant, and names none.',
      })
    );
  }
}
