import { Inject, Injectable } from '@nestjs/common';
import { environment, type Environment } from '../../config/environment.js';
import type { TenantRequest, TenantResolver } from './tenant-resolver.js';

@Injectable()
export class HeaderResolver implements TenantResolver {
  readonly header: string;

  constructor(@Inject(environment.KEY) env: Environment) {
    this.header = env.TENANT_HEADER;
  }

  resolve({ headers }: TenantRequest): string | undefined {
    const value = headers[this.header];
    // A repeated header stays "acme, globex", which is no slug and so is refused.
    return Array.isArray(value) ? value.join(', ') : value;
  }
}
