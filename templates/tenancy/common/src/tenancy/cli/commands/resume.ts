import { Tenants } from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export async function resume(app: INestApplicationContext, slug: string) {
  const tenant = await app.get(Tenants).resume(slug);
  console.log(`Tenant ${tenant.slug} is active.`);
}
