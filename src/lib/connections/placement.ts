import type pg from 'pg';
import type { ResolvedPlacement } from './options.js';
import { PlacementPool } from './placement-pool.js';

/** One database, and the ways into it. */
export class Placement {
  /** The pool of the application's login, shared by all tenants that live there. */
  readonly application: PlacementPool;
  /** The pool of the login that owns the schemas; the application's where none is configured. */
  readonly admin: PlacementPool;
  /** How to connect past a pooler. */
  readonly direct: pg.PoolConfig;

  constructor(
    { application, admin, direct }: ResolvedPlacement,
    onConnectionLost: (error: Error) => void,
  ) {
    this.application = new PlacementPool(application, onConnectionLost);
    this.admin = admin ? new PlacementPool(admin, onConnectionLost) : this.application;
    this.direct = direct;
  }

  *pools(): Iterable<PlacementPool> {
    yield this.application;
    if (this.admin !== this.application) yield this.admin;
  }
}
