import { ConnectionManager, type ConnectionManagerOptions } from '@mt/runtime';
import { eventually } from './eventually.js';

export interface Accounts {
  /** Makes connections that are closed after the test. */
  connect(options: ConnectionManagerOptions): ConnectionManager;
  /** Looks and closes now. */
  settle(): Promise<void>;
}

interface Watched {
  readonly connections: ConnectionManager;
  /** Calls that have not been answered. */
  readonly pending: Set<string>;
}

/**
 * Looks at the end of each test of a file whether everybody was answered, and every connection that
 * was checked out was released: what is lost there is lost for good.
 */
export function useAccounts(): Accounts {
  let open: Watched[] = [];

  const settle = async () => {
    const watched = open;
    open = [];
    try {
      await Promise.all(watched.map(isSettled));
    } finally {
      await Promise.all(watched.map(({ connections }) => connections.close()));
    }
  };

  afterEach(settle);

  return {
    connect(options) {
      const connections = new ConnectionManager({ drainTimeoutMs: 500, ...options });
      open.push({ connections, pending: watch(connections) });
      return connections;
    },
    settle,
  };
}

async function isSettled({ connections, pending }: Watched): Promise<void> {
  const left = () => ({
    active: connections.getActiveCount(),
    waiting: connections.getWaitingCount(),
    pending: [...pending],
  });
  await eventually(() => {
    const { active, waiting } = left();
    return active === 0 && waiting === 0 && pending.size === 0;
  }, 3_000).catch(() => undefined);
  expect(left()).toEqual({ active: 0, waiting: 0, pending: [] });
}

/** Remembers the calls of both pools for as long as their promises are open. */
function watch(connections: ConnectionManager): Set<string> {
  const pending = new Set<string>();
  let count = 0;
  for (const pool of [connections.pool, connections.adminPool]) {
    for (const method of ['query', 'connect'] as const) {
      const call = Reflect.get(pool, method) as (...args: unknown[]) => unknown;
      Reflect.set(pool, method, (...args: unknown[]) => {
        const result = call.apply(pool, args);
        if (!(result instanceof Promise)) return result;
        const name = `${++count}: ${method}(${typeof args[0] === 'string' ? args[0] : ''})`;
        pending.add(name);
        const settled = () => void pending.delete(name);
        result.then(settled, settled);
        return result;
      });
    }
  }
  return pending;
}
