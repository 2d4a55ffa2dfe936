import { Migrator } from '@mt/runtime';
import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';

/** Warns at start when tenants lack migrations. `npm run migrate` applies them, once per deployment. */
@Injectable()
export class PendingMigrationsCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger(PendingMigrationsCheck.name);

  constructor(private readonly migrator: Migrator) {}

  async onApplicationBootstrap() {
    for (const finding of await this.migrator.describePending()) {
      this.logger.warn(`${finding} Run "npm run migrate".`);
    }
  }
}
