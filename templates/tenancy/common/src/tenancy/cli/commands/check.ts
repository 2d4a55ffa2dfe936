import {
  ConnectionManager,
  IsolationMonitor,
  missingRoleHardening,
  TenantRegistry,
  verifyIsolation,
} from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export async function check(
  app: INestApplicationContext,
  options: { json?: boolean },
) {
  const connections = app.get(ConnectionManager);
  const registry = app.get(TenantRegistry);

  const { warnings } = await verifyIsolation(connections, registry);
  for (const warning of warnings) console.error(warning);

  // With the admin login the check also creates the canary, which applications without that login look at.
  const monitor = new IsolationMonitor(connections, registry, { sample: 20 });
  const { tenants, violations, error } = await monitor.check();
  if (error) throw error;
  if (violations.length > 0) {
    throw new Error(`Tenants are not kept apart: ${violations.join('; ')}.`);
  }
  // Rights that a tenant's role does not need. Isolation by schemas has no such roles.
  const hardening = await missingRoleHardening(connections);
  if (options.json) {
    console.log(JSON.stringify({ tenants, warnings, hardening }, null, 2));
    return;
  }
  console.log(`Tenants are kept apart. Looked at: ${tenants}.`);
  if (hardening.length > 0) {
    console.log(
      'SQL that users write could still become another tenant. To close that, run as a superuser, once:',
    );
    for (const statement of hardening) console.log(`${statement};`);
  }
}
