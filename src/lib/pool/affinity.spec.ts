import { randomUUID } from 'node:crypto';
import { affinity, affinityKey } from './affinity.js';

const keys = Array.from({ length: 2_000 }, () => affinityKey(randomUUID()));

function favourite(key: number, connections: readonly number[]): number | undefined {
  return connections.toSorted((one, other) => affinity(key, other) - affinity(key, one))[0];
}

it('gives each connection about the same share of the tenants', () => {
  const connections = Array.from({ length: 10 }, (_, index) => 41 + index);
  const shares = new Map<number | undefined, number>();
  for (const key of keys) {
    const connection = favourite(key, connections);
    shares.set(connection, (shares.get(connection) ?? 0) + 1);
  }
  expect(shares.size).toBe(10);
  // 200 each, give or take what is due to chance.
  for (const share of shares.values()) {
    expect(share).toBeGreaterThan(120);
    expect(share).toBeLessThan(290);
  }
});

it('moves only the tenants of a connection that closes, and only to one that opens', () => {
  const connections = [1, 2, 3, 4, 5];
  for (const key of keys) {
    const before = favourite(key, connections);
    const without = favourite(key, [1, 2, 4, 5]);
    if (before !== 3) expect(without).toBe(before);
    const more = favourite(key, [...connections, 6]);
    if (more !== 6) expect(more).toBe(before);
  }
});
