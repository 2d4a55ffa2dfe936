import { TenantRegistry, type Tenant } from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export async function list(
  app: INestApplicationContext,
  options: { json?: boolean },
) {
  const tenants = await allTenants(app.get(TenantRegistry));
  if (options.json) {
    console.log(JSON.stringify(tenants, null, 2));
  } else if (tenants.length === 0) {
    console.log('No tenants yet. Create one: npm run tenant -- create acme');
  } else {
    console.table(
      tenants.map(({ slug, name, status, schema }) => ({
        slug,
        name,
        status,
        schema,
      })),
    );
  }
}

async function allTenants(registry: TenantRegistry): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for await (const tenant of registry.all()) tenants.push(tenant);
  return tenants;
}
