import { Tenants } from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export async function create(
  app: INestApplicationContext,
  slug: string,
  options: { name?: string },
) {
  const tenant = await app.get(Tenants).create({ slug, ...options });
  console.log(`Created tenant ${tenant.slug} in schema ${tenant.schema}.`);
}
