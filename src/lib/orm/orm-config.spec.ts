import { ConfigurationError } from '../errors.js';
import { parseOrmConfig } from './orm-config.js';

const connectionString = 'postgres://localhost/app';

it('takes what either ORM needs', () => {
  const drizzle = { type: 'drizzle', connectionString, poolSize: 5, logger: true };
  expect(parseOrmConfig(drizzle)).toEqual(drizzle);
  expect(parseOrmConfig({ type: 'typeorm', connectionString, logging: false }).type).toBe(
    'typeorm',
  );
});

it.each([
  undefined,
  {},
  { type: 'prisma', connectionString },
  { type: 'drizzle' },
  { type: 'drizzle', connectionString: 'mysql://localhost' },
  { type: 'drizzle', connectionString, poolSize: 0 },
  { type: 'drizzle', connectionString, poolSize: '5' },
  { type: 'typeorm', connectionString, logging: 'false' },
])('refuses %j', (config) => {
  expect(() => parseOrmConfig(config)).toThrow(ConfigurationError);
});
