import { Tenants } from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export async function suspend(app: INestApplicationContext, slug: string) {
  const tenant = await app.get(Tenants).suspend(slug);
  console.log(`Tenant ${tenant.slug} is suspended. Its data stays.`);
}
