import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../../config/environment.js';
import type { TenantRequest, TenantResolver } from './tenant-resolver.js';

@Injectable()
export class HeaderResolver implements TenantResolver {
  readonly header: string;

  constructor(config: ConfigService<Environment, true>) {
    this.header = config.get('TENANT_HEADER', { infer: true });
  }

  resolve({ headers }: TenantRequest): string | undefined {
    const value = headers[this.header];
    // A repeated header stays "acme, globex", which is no slug and so is refused.
    return Array.isArray(value) ? value.join(', ') : value;
  }
}
