// The tenants' table `users` as @mt/runtime takes it. Here and not in bench/peers, so that both ORMs
// are the repository's own: bench/peers has others in its node_modules.
import { tenantSchema } from '@mt/runtime/drizzle';
import { TenantEntity } from '@mt/runtime/typeorm';
import { eq } from 'drizzle-orm';
import { integer, varchar } from 'drizzle-orm/pg-core';
import { Column, PrimaryColumn } from 'typeorm';

const users = tenantSchema.table('users', {
  id: integer().primaryKey(),
  owner: varchar({ length: 63 }).notNull(),
  name: varchar({ length: 255 }).notNull(),
});

export async function findWithDrizzle(db, id) {
  const [user] = await db.select().from(users).where(eq(users.id, id));
  return user;
}

export class User {
  id;
  owner;
  name;
}
TenantEntity('users')(User);
PrimaryColumn({ type: 'int' })(User.prototype, 'id');
Column({ type: 'varchar', length: 63 })(User.prototype, 'owner');
Column({ type: 'varchar', length: 255 })(User.prototype, 'name');
