import { Inject } from '@nestjs/common';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type * as schema from './schema.js';

export type Database = NodePgDatabase<typeof schema>;

export const DATABASE = Symbol('DATABASE');

export const InjectDatabase = () => Inject(DATABASE);
