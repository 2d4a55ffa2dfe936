import { Tenants } from '@mt/runtime';
import type { INestApplicationContext } from '@nestjs/common';

export async function roles(app: INestApplicationContext) {
  const count = await app.get(Tenants).createRoles();
  console.log(`Tenants with a role of their own: ${count}.`);
}
