import { drizzleKindNames, openDrizzleKinds, openDrizzleKindsOver } from './drizzle.mjs';
import { kyselyKindNames, openKyselyKinds, openKyselyKindsOver } from './kysely.mjs';
import { openPgKinds, openPgKindsOver, pgKindNames } from './pg.mjs';
import { openTypeOrmKinds, openTypeOrmKindsOver, typeormKindNames } from './typeorm.mjs';

export { fillText, nobodysText, strayText, TABLES } from './tables.mjs';

/** Every way in which the libraries send statements through a pool. */
export const LIBRARIES = {
  pg: { names: pgKindNames, open: openPgKinds, openOver: openPgKindsOver },
  drizzle: { names: drizzleKindNames, open: openDrizzleKinds, openOver: openDrizzleKindsOver },
  typeorm: { names: typeormKindNames, open: openTypeOrmKinds, openOver: openTypeOrmKindsOver },
  kysely: { names: kyselyKindNames, open: openKyselyKinds, openOver: openKyselyKindsOver },
};
