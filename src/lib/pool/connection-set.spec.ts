import { affinity } from './affinity.js';
import type { Checkout } from './checkout.js';
import { ConnectionSet } from './connection-set.js';
import type { ContextFreeClient } from './context-free-client.js';
import { poolLimits, type PoolLimits } from './pool-limits.js';
import type { PooledConnection } from './pooled-connection.js';

/** A client without a server: it is connected when it is told to be, and closed at once. */
class TestClient {
  lost = false;
  isRef = true;
  onLost: ((error: Error) => void) | undefined;
  connected: (error?: Error) => void = () => undefined;

  constructor(readonly number: number) {}

  connect(callback: (error?: Error) => void): void {
    this.connected = callback;
  }

  end(callback: () => void): void {
    this.lost = true;
    callback();
  }

  destroy(error = new Error('destroyed')): void {
    this.lost = true;
    this.onLost?.(error);
    this.connected(error);
  }

  ref = () => void (this.isRef = true);
  unref = () => void (this.isRef = false);
}

let clients: TestClient[];
let told: string[];
let onLog: (message: string) => void;

function setOf(limits: Partial<PoolLimits> = {}, create?: () => ContextFreeClient): ConnectionSet {
  return new ConnectionSet(poolLimits(limits, 10), {
    create:
      create ??
      (() => {
        const client = new TestClient(clients.length + 1);
        clients.push(client);
        return client as unknown as ContextFreeClient;
      }),
    opened: ({ number }) => told.push(`opened ${number}`),
    closed: ({ number }) => told.push(`closed ${number}`),
    lost: ({ message }) => told.push(`lost: ${message}`),
    log: (message) => onLog(message),
  });
}

function open(set: ConnectionSet): PooledConnection {
  let opened: PooledConnection | undefined;
  set.open((_, connection) => (opened = connection));
  clients.at(-1)?.connected();
  if (!opened) throw new Error('It is not open.');
  return opened;
}

/** So many that are idle. */
function idle(set: ConnectionSet, count: number): PooledConnection[] {
  const connections = Array.from({ length: count }, () => open(set));
  for (const connection of connections) set.release(connection, false);
  return connections;
}

beforeEach(() => {
  jest.useFakeTimers();
  clients = [];
  told = [];
  onLog = () => undefined;
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('a connection', () => {
  it('is opened, in use, idle and closed', () => {
    const set = setOf();
    set.open(() => undefined);
    expect([set.total, set.idle]).toEqual([1, 0]);
    clients[0]?.connected();
    expect(told).toEqual(['opened 1']);
    const connection = open(set);
    expect([connection.state, set.total, set.idle]).toEqual(['in use', 2, 0]);
    set.release(connection, false);
    expect([connection.state, set.total, set.idle]).toEqual(['idle', 2, 1]);
    expect(set.take(0)).toBe(connection);
    set.release(connection, true);
    expect([connection.state, set.total, set.idle]).toEqual(['closing', 1, 0]);
    expect(told).toEqual(['opened 1', 'opened 2', 'closed 2']);
  });

  it('that cannot be opened, or not even made, is none', () => {
    const set = setOf();
    const failures: unknown[] = [];
    set.open((error, connection) => failures.push(error, connection));
    clients[0]?.connected(new Error('refused'));
    expect(failures).toEqual([new Error('refused'), undefined]);
    expect(set.total).toBe(0);
    const broken = setOf({}, () => {
      throw new Error('no stream');
    });
    broken.open((error, connection) => failures.push(error, connection));
    expect(failures.slice(2)).toEqual([new Error('no stream'), undefined]);
    expect([broken.total, told]).toEqual([0, []]);
  });

  it('is told of where it is lost while it is idle, once', () => {
    const set = setOf();
    idle(set, 2);
    clients[0]?.onLost?.(new Error('reset'));
    clients[0]?.onLost?.(new Error('closed'));
    expect(told.slice(2)).toEqual(['closed 1', 'lost: reset']);
    expect([set.total, set.idle]).toEqual([1, 1]);
  });

  it('that is lost while it is used is closed when it is released', () => {
    const set = setOf();
    const connection = open(set);
    connection.client.lost = true;
    clients[0]?.onLost?.(new Error('reset'));
    expect([set.total, told]).toEqual([1, ['opened 1']]);
    set.release(connection, false);
    expect([set.total, told]).toEqual([0, ['opened 1', 'closed 1']]);
  });
});

describe('of those that are idle', () => {
  it('the one that suits a tenant best is given out', () => {
    const set = setOf();
    const connections = idle(set, 5);
    for (let key = 0; key < 20; key++) {
      const best = connections.reduce((one, other) =>
        affinity(key, other.client.number) > affinity(key, one.client.number) ? other : one,
      );
      const checkout = { affinityKey: key, favourite: undefined } as unknown as Checkout;
      expect(set.suits(checkout)).toBe(true);
      expect(set.take(key)).toBe(best);
      expect(set.suits(checkout)).toBe(false);
      set.release(best, false);
    }
  });

  it('none suits worse than another where there is none, and one that was closed suits nobody', () => {
    const set = setOf();
    const checkout = { affinityKey: 1, favourite: undefined } as unknown as Checkout;
    expect(set.suits(checkout)).toBe(true);
    idle(set, 2);
    const best = set.take(1) as PooledConnection;
    expect(set.suits(checkout)).toBe(false);
    set.release(best, true);
    expect(set.suits(checkout)).toBe(true);
  });

  it('those that nobody has used for long are closed, but for as many as are kept', () => {
    const set = setOf({ min: 1, idleTimeoutMillis: 1_000 });
    const [first] = idle(set, 3);
    jest.advanceTimersByTime(900);
    set.release(set.take(first?.client.number ?? 0) as PooledConnection, false);
    jest.advanceTimersByTime(200);
    expect(set.total).toBe(1);
    jest.advanceTimersByTime(10_000);
    expect(set.total).toBe(1);
  });

  it('none is closed for that where the limit is null or 0', () => {
    for (const idleTimeoutMillis of [0, null]) {
      const set = setOf({ idleTimeoutMillis: idleTimeoutMillis as number });
      idle(set, 2);
      jest.advanceTimersByTime(1e9);
      expect(set.total).toBe(2);
    }
  });

  it('are looked after by one timer', () => {
    const set = setOf({ idleTimeoutMillis: 1_000, maxLifetimeSeconds: 3 });
    const connections = idle(set, 5);
    for (let n = 0; n < 100; n++) {
      set.release(set.take(n) as PooledConnection, false);
      jest.advanceTimersByTime(7);
      expect(jest.getTimerCount()).toBe(1);
    }
    expect(connections.every(({ uses }) => uses > 1)).toBe(true);
    jest.advanceTimersByTime(3_000);
    expect([set.total, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('have a socket that keeps no process alive, where that is asked for', () => {
    const set = setOf({ allowExitOnIdle: true });
    const [connection] = idle(set, 1);
    expect(clients[0]?.isRef).toBe(false);
    expect(set.take(0)).toBe(connection);
    expect(clients[0]?.isRef).toBe(true);
    idle(setOf(), 1);
    expect(clients.at(-1)?.isRef).toBe(true);
  });
});

describe('a connection that is too old', () => {
  it('is closed while it is idle, also below the number that is kept', () => {
    const set = setOf({ min: 1, maxLifetimeSeconds: 2 });
    idle(set, 1);
    jest.advanceTimersByTime(1_900);
    expect([set.total, set.expired]).toEqual([1, 0]);
    jest.advanceTimersByTime(200);
    expect([set.total, set.expired]).toEqual([0, 1]);
  });

  it('is closed in its time, although another one is due later that was released before', () => {
    const set = setOf({ idleTimeoutMillis: 10_000, maxLifetimeSeconds: 5 });
    const old = open(set);
    jest.advanceTimersByTime(4_000);
    idle(set, 1);
    set.release(old, false);
    jest.advanceTimersByTime(1_100);
    expect([old.state, set.total, set.expired]).toEqual(['closing', 1, 1]);
  });

  it('is closed when it is released', () => {
    const set = setOf({ maxLifetimeSeconds: 2 });
    const connection = open(set);
    jest.advanceTimersByTime(3_000);
    set.release(connection, false);
    expect([set.total, set.expired]).toEqual([0, 1]);
  });

  it('is not given out, where the timer is late', () => {
    const set = setOf({ maxLifetimeSeconds: 2 });
    idle(set, 2);
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 2_500);
    expect(set.take(0)).toBeUndefined();
    expect([set.total, set.expired]).toEqual([0, 2]);
  });
});

it('gives nothing out twice, also where what it tells of has one taken', () => {
  const set = setOf({ maxLifetimeSeconds: 2, idleTimeoutMillis: 0 });
  const old = open(set);
  jest.advanceTimersByTime(1_000);
  const connections = idle(set, 3);
  set.release(old, false);
  jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
  const taken: unknown[] = [];
  onLog = () => taken.push(set.take(1));
  taken.push(set.take(1));
  expect(new Set(taken)).toEqual(new Set(taken.slice(0, 2)));
  expect(connections).toEqual(expect.arrayContaining(taken));
  expect([old.state, set.idle, set.expired]).toEqual(['closing', 1, 1]);
});

it('closes a connection after as many uses as it may have', () => {
  const set = setOf({ maxUses: 3 });
  const connection = open(set);
  for (const total of [1, 1, 0]) {
    set.release(connection, false);
    expect(set.total).toBe(total);
    set.take(0);
  }
});

describe('the end', () => {
  it('closes what is idle, and waits for what is opened or in use', async () => {
    const set = setOf();
    idle(set, 2);
    const used = set.take(0);
    let opened: PooledConnection | undefined;
    set.open((_, connection) => (opened = connection));
    const ended = jest.fn();
    const end = set.end().then(ended);
    expect(set.total).toBe(2);
    clients.at(-1)?.connected();
    set.release(opened as PooledConnection, false);
    await Promise.resolve();
    expect([set.total, ended.mock.calls.length]).toEqual([1, 0]);
    set.release(used as PooledConnection, false);
    await end;
    expect(set.total).toBe(0);
  });

  it('is there at once where nothing is open', async () => {
    await expect(setOf().end()).resolves.toBeUndefined();
  });
});
