import type { TenantDataSourceOptions } from '@mt/runtime/typeorm';

/**
 * How entities become tables: `namingStrategy`, `entityPrefix`, `uuidExtension` and the like. The
 * application, its migrations and their generator have to agree on it.
 */
export const typeormOptions: TenantDataSourceOptions = {};
