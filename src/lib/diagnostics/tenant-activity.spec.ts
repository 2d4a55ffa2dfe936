import type { Tenant } from '../tenant/tenant.js';
import { TenantActivities } from './tenant-activity.js';

const tenant = (n: number) => ({ id: `id-${n}`, slug: `t${n}` }) as Tenant;

describe('TenantActivities', () => {
  it('remembers no more tenants than it was told, however many there are', () => {
    const activities = new TenantActivities(10);
    for (let n = 0; n < 5_000; n++) activities.add(tenant(n), n % 100, n % 10 === 0);

    expect(activities.size).toBeLessThanOrEqual(20);
    expect(activities.top()).toHaveLength(10);
    // Nothing is lost: what is not counted one by one is in the sum.
    const all = [...activities.top(), activities.others()];
    const total = (of: 'statements' | 'errors' | 'totalMs') =>
      all.reduce((sum, each) => sum + each[of], 0);
    expect(total('statements')).toBe(5_000);
    expect(total('errors')).toBe(500);
    expect(total('totalMs')).toBe(50 * 4_950);
  });

  it('has those with the most time at the top, also where others come in between', () => {
    const activities = new TenantActivities(2);
    for (let round = 0; round < 100; round++) {
      activities.add(tenant(1), 30, false);
      activities.add(tenant(2), 20, false);
      activities.add(tenant(100 + round), 10, false);
    }
    expect(activities.top()).toMatchObject([
      { slug: 't1', statements: 100, totalMs: 3_000 },
      { slug: 't2', statements: 100, totalMs: 2_000 },
    ]);
    expect(activities.others()).toMatchObject({ statements: 100, totalMs: 1_000, maxMs: 10 });
  });
});
