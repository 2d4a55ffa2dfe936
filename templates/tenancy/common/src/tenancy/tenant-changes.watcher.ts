import { TenantRegistry } from '@mt/runtime';
import {
  BeforeApplicationShutdown,
  Injectable,
  OnModuleInit,
} from '@nestjs/common';

/** Applies changes of tenants in this process at once, whichever process made them. */
@Injectable()
export class TenantChangesWatcher
  implements OnModuleInit, BeforeApplicationShutdown
{
  constructor(private readonly registry: TenantRegistry) {}

  async onModuleInit() {
    await this.registry.watch();
  }

  // The connections are closed after this, in onApplicationShutdown.
  async beforeApplicationShutdown() {
    await this.registry.close();
  }
}
