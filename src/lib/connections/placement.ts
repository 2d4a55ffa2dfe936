import pg from 'pg';
import { ConfigurationError } from '../errors.js';
import { Leftovers } from '../scope/leftovers.js';
import { PlacementPool } from '../pool/placement-pool.js';
import type { ResolvedPlacement } from './resolve-placements.js';

/** One database, and the ways into it. */
export class Placement {
  /** The pool of the application's login, shared by all tenants that live there. */
  readonly application: PlacementPool;
  /** What code in the database may leave on its connections. */
  readonly leftovers = new Leftovers();
  readonly #direct: pg.ClientConfig;
  readonly #admin: PlacementPool | undefined;

  constructor(
    { application, admin, direct }: ResolvedPlacement,
    onConnectionLost: (error: Error) => void,
  ) {
    this.application = new PlacementPool({ ...application, direct }, onConnectionLost);
    if (admin === 'application') this.#admin = this.application;
    else if (admin) this.#admin = new PlacementPool(admin, onConnectionLost);
    this.#direct = direct;
  }

  /**
   * The pool of the login that owns the schemas.
   *
   * @throws ConfigurationError where this process was given none
   */
  get admin(): PlacementPool {
    if (this.#admin) return this.#admin;
    throw new ConfigurationError('This process has no login that may change tenants.', {
      remedy:
        'Set `adminConnectionString` (DATABASE_ADMIN_URL) where tenants are created, suspended or migrated.',
    });
  }

  /** A connection past any pooler, and out of no pool. The caller connects and ends it. */
  separateClient(): pg.Client {
    return new pg.Client(this.#direct);
  }

  get hasAdmin(): boolean {
    return this.#admin !== undefined;
  }

  *pools(): Iterable<PlacementPool> {
    yield this.application;
    if (this.#admin && this.#admin !== this.application) yield this.#admin;
  }
}
