import type { ConnectionManager } from '../../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../../connections/options.js';
import { outsideContext } from '../../context.js';
import { publish } from '../../diagnostics/events.js';
import { refuseUnknown, whole } from '../../option-checks.js';
import type { TenantRegistry } from '../../registry/tenant-registry.js';
import { toError } from '../../to-error.js';
import type { Tenant } from '../../tenant/tenant.js';
import { canaryTenant, setUpCanary } from './canary.js';
import { probeWithCanary } from './canary-probe.js';

export interface IsolationMonitorOptions {
  /** How often it looks, in milliseconds. Default 60,000; 0 looks only when it is asked to. */
  intervalMs?: number;
  /** How many tenants it looks at each time, others each time. Default 3. */
  sample?: number;
  /** The database that it looks at. Default `main`. */
  placement?: string;
}

const KNOWN = { intervalMs: true, placement: true, sample: true } satisfies Record<
  keyof IsolationMonitorOptions,
  true
>;

/** What one look has found. */
export interface IsolationReport {
  readonly at: Date;
  /** Tenants that were looked at. */
  readonly tenants: number;
  /** Empty, unless tenants see what is not theirs. */
  readonly violations: readonly string[];
  /** Why it could not look, if it could not: the database is away, for example. */
  readonly error: Error | undefined;
}

/**
 * The periodic check. Looks over the same connections as everybody whether tenants see what is not
 * theirs: a canary tenant has a row that no other may see, and sees nobody else's. What it finds is
 * published as `isolation-violation` and kept in {@link report}, for a health check.
 *
 * @example
 * ```ts
 * const monitor = new IsolationMonitor(connections, registry);
 * await monitor.start();
 * onDiagnostics('isolation-violation', ({ violations }) => pager.alert(violations));
 * ```
 */
export class IsolationMonitor {
  readonly #connections: ConnectionManager;
  readonly #registry: TenantRegistry;
  readonly #intervalMs: number;
  readonly #sample: number;
  readonly #placement: string;
  #canary: Tenant | undefined;
  #report: IsolationReport | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<IsolationReport> | undefined;

  /** @throws ConfigurationError */
  constructor(
    connections: ConnectionManager,
    registry: TenantRegistry,
    options: IsolationMonitorOptions = {},
  ) {
    refuseUnknown('', options, KNOWN);
    const { intervalMs = 60_000, sample = 3, placement = DEFAULT_PLACEMENT } = options;
    this.#connections = connections;
    this.#registry = registry;
    this.#intervalMs = whole('intervalMs', intervalMs, 0);
    this.#sample = whole('sample', sample, 0);
    // Throws where there is none of that name.
    connections.placement(placement);
    this.#placement = placement;
  }

  /** What the last look has found; undefined before the first. */
  get report(): IsolationReport | undefined {
    return this.#report;
  }

  /** Looks now, and then at every interval until {@link stop}. Does not fail where it cannot look. */
  async start(): Promise<void> {
    if (this.#intervalMs > 0) {
      this.#timer ??= outsideContext(() =>
        setInterval(() => void this.check(), this.#intervalMs).unref(),
      );
    }
    await this.check();
  }

  /** Looks once. Calls at the same time share a look. */
  check(): Promise<IsolationReport> {
    this.#looking ??= outsideContext(() => this.#look()).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Ends it, and waits for a look that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  async #look(): Promise<IsolationReport> {
    let tenants: Tenant[] = [];
    let violations: string[] = [];
    let error: Error | undefined;
    try {
      const canary = await this.#findCanary();
      tenants = await this.#registry.sample(this.#sample, this.#placement);
      violations = await probeWithCanary(this.#connections, canary, tenants);
    } catch (failure) {
      error = toError(failure);
    }
    this.#report = { at: new Date(), tenants: tenants.length, violations, error };
    if (violations.length > 0) publish('isolation-violation', () => ({ violations }));
    return this.#report;
  }

  async #findCanary(): Promise<Tenant> {
    if (this.#canary) return this.#canary;
    const { controlSchema } = this.#registry;
    const canary = await canaryTenant(this.#connections, controlSchema, this.#placement);
    const { hasAdmin } = this.#connections.placement(this.#placement);
    if (hasAdmin) await setUpCanary(this.#connections, canary);
    this.#canary = canary;
    return canary;
  }
}
