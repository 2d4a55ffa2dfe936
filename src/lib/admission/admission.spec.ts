import fc from 'fast-check';
import { QueueFullError } from '../errors.js';
import { Admission } from './admission.js';
import { ConnectionRequest, type ConnectionRequestOptions } from './connection-request.js';

/** Jest's expect() takes too long for as many questions as a property asks. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`It does not hold that ${what}.`);
}

class TestRequest extends ConnectionRequest {
  state: 'waiting' | 'admitted' | 'refused' | 'released' | 'cancelled' = 'waiting';
  suited = true;
  readonly #onAdmit: (request: TestRequest) => void;

  constructor(
    options: Partial<ConnectionRequestOptions>,
    onAdmit: (request: TestRequest) => void = () => {},
  ) {
    super({
      tenant: 'acme',
      maxConnections: Infinity,
      checkouts: { held: 0, waiting: 0 },
      holds: false,
      ...options,
    });
    this.#onAdmit = onAdmit;
  }

  admit(): void {
    must(this.state === 'waiting', 'a request is admitted once');
    this.state = 'admitted';
    this.#onAdmit(this);
  }

  refuse(): void {
    this.state = 'refused';
  }

  abort(): void {}
}

function submit(admission: Admission, request: TestRequest): TestRequest {
  try {
    admission.submit(request);
  } catch (error) {
    if (!(error instanceof QueueFullError)) throw error;
    request.state = 'refused';
  }
  return request;
}

function finish(admission: Admission, request: TestRequest): void {
  request.state = 'released';
  admission.release(request);
}

describe('turns', () => {
  it('go round the tenants, however much one of them asks for', () => {
    const admission = new Admission({ max: 1, maxQueue: 100 });
    const served: string[] = [];
    const ask = (tenant: string) =>
      submit(admission, new TestRequest({ tenant }, () => served.push(tenant)));
    const requests = [
      ask('now'),
      ...Array.from({ length: 5 }, () => ask('flood')),
      ask('one'),
      ask('two'),
    ];
    for (;;) {
      const active = requests.find(({ state }) => state === 'admitted');
      if (!active) break;
      finish(admission, active);
    }
    expect(served).toEqual(['now', 'flood', 'one', 'two', 'flood', 'flood', 'flood', 'flood']);
  });

  it('are not taken by a tenant that has its share', () => {
    const admission = new Admission({ max: 3, maxQueue: 100 });
    const ask = (tenant: string) =>
      submit(admission, new TestRequest({ tenant, maxConnections: 2 }));
    const flood = Array.from({ length: 4 }, () => ask('flood'));
    expect(flood.map(({ state }) => state)).toEqual(['admitted', 'admitted', 'waiting', 'waiting']);
    expect(ask('quiet').state).toBe('admitted');
    expect(ask('late').state).toBe('waiting');
    finish(admission, flood[0] as TestRequest);
    expect(flood[2]?.state).toBe('admitted');
  });
});

describe('a connection that suits one tenant better than another', () => {
  it('goes to it first, but not for ever', () => {
    const admission = new Admission({ max: 1, maxQueue: 100 });
    const served: string[] = [];
    const ask = (tenant: string, suited: boolean) => {
      const request = new TestRequest({ tenant }, () => served.push(tenant));
      request.suited = suited;
      return submit(admission, request);
    };
    const requests = [ask('now', true), ask('unsuited', false)];
    for (let i = 0; i < 20; i++) requests.push(ask(`suited-${i}`, true));
    for (;;) {
      const active = requests.find(({ state }) => state === 'admitted');
      if (!active) break;
      finish(admission, active);
    }
    // Four times for each connection, of which there is one.
    expect(served.indexOf('unsuited')).toBe(5);
    expect(served).toHaveLength(22);
  });

  it('goes to the first in turn where it suits nobody', () => {
    const admission = new Admission({ max: 1, maxQueue: 100 });
    const requests = ['now', 'one', 'two'].map((tenant) => {
      const request = new TestRequest({ tenant });
      request.suited = false;
      return submit(admission, request);
    });
    finish(admission, requests[0] as TestRequest);
    expect(requests.map(({ state }) => state)).toEqual(['released', 'admitted', 'waiting']);
  });
});

describe('a full queue', () => {
  it('refuses a tenant that fills it, and makes room for one that does not', () => {
    const admission = new Admission({ max: 1, maxQueue: 4 });
    const ask = (tenant: string) => submit(admission, new TestRequest({ tenant }));
    const flood = Array.from({ length: 6 }, () => ask('flood'));
    expect(flood.map(({ state }) => state)).toEqual([
      'admitted',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
      'refused',
    ]);
    const quiet = ask('quiet');
    expect(quiet.state).toBe('waiting');
    expect(flood[1]?.state).toBe('refused');
    expect(admission.waiting).toBe(4);
  });
});

describe('who holds a connection and asks for another', () => {
  const holder = () => ({ checkouts: { held: 0, waiting: 0 }, holds: true });

  it('finds one that was kept for it', () => {
    const admission = new Admission({ max: 2, maxQueue: 10 });
    const runs = [holder(), holder()];
    const first = runs.map((run) => submit(admission, new TestRequest(run)));
    expect(first.map(({ state }) => state)).toEqual(['admitted', 'waiting']);
    const second = submit(admission, new TestRequest(runs[0] as ConnectionRequestOptions));
    expect(second.state).toBe('admitted');
    finish(admission, second);
    finish(admission, first[0] as TestRequest);
    expect(first[1]?.state).toBe('admitted');
  });

  it('is given the last one where it need not hold it, before who insists', () => {
    const admission = new Admission({ max: 2, maxQueue: 10 });
    const first = submit(admission, new TestRequest(holder()));
    const insists = submit(admission, new TestRequest(holder()));
    const yields = submit(admission, new TestRequest({ ...holder(), mayYield: true }));
    expect([insists.state, yields.state]).toEqual(['waiting', 'admitted']);
    expect([first.holds, yields.holds, yields.checkouts.held]).toEqual([true, false, 0]);
    finish(admission, first);
    expect([insists.state, yields.holds]).toEqual(['admitted', false]);
    finish(admission, yields);
    const holds = submit(admission, new TestRequest({ ...holder(), mayYield: true }));
    finish(admission, insists);
    expect(holds.holds).toBe(false);
    expect(submit(admission, new TestRequest({ ...holder(), mayYield: true })).holds).toBe(true);
  });

  it('may go one beyond the limit of its tenant', () => {
    const admission = new Admission({ max: 5, maxQueue: 10 });
    const run = { ...holder(), maxConnections: 1 };
    submit(admission, new TestRequest(run));
    expect(submit(admission, new TestRequest(run)).state).toBe('admitted');
    expect(submit(admission, new TestRequest(run)).state).toBe('waiting');
  });

  it('is refused where every connection is held so, and nothing moves', () => {
    jest.useFakeTimers();
    const admission = new Admission({ max: 1, maxQueue: 10 });
    const run = holder();
    const first = submit(admission, new TestRequest(run));
    const second = submit(admission, new TestRequest(run));
    jest.advanceTimersByTime(900);
    expect(second.state).toBe('waiting');
    jest.advanceTimersByTime(600);
    expect(second.state).toBe('refused');
    expect(run.checkouts).toEqual({ held: 1, waiting: 0 });
    finish(admission, first);
    expect(run.checkouts).toEqual({ held: 0, waiting: 0 });
    jest.useRealTimers();
  });

  it('is not refused while a statement runs that will give its connection back', () => {
    jest.useFakeTimers();
    const admission = new Admission({ max: 1, maxQueue: 10 });
    const run = holder();
    const first = submit(admission, new TestRequest(run));
    first.running = 1;
    const second = submit(admission, new TestRequest(run));
    jest.advanceTimersByTime(1_000);
    expect(second.state).toBe('waiting');
    jest.useRealTimers();
  });
});

/** Any order of asking, finishing and giving up, by a few tenants and runs. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      tenant: fc.nat(4),
      run: fc.nat(8),
      holds: fc.boolean(),
      mayYield: fc.boolean(),
      suited: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }) },
);

const limits = fc.record({
  max: fc.integer({ min: 1, max: 6 }),
  maxQueue: fc.integer({ min: 1, max: 12 }),
  maxConnections: fc.integer({ min: 1, max: 6 }),
});

it('never exceeds a limit, never forgets who waits, and serves everybody in the end', () => {
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 200 }), (given, steps) => {
      const admission = new Admission(given);
      const runs = Array.from({ length: 9 }, () => ({ held: 0, waiting: 0 }));
      const requests: TestRequest[] = [];
      const inState = (state: TestRequest['state']) =>
        requests.filter((each) => each.state === state);

      const check = () => {
        const active = inState('admitted');
        const waiting = inState('waiting');
        must(active.length <= given.max, 'no more than max are active');
        must(admission.active.length === active.length, 'active ones are counted');
        must(admission.waiting === waiting.length, 'waiting ones are counted');
        must(waiting.length <= given.maxQueue, 'the queue is bounded');
        for (let tenant = 0; tenant < 5; tenant++) {
          const own = active.filter((request) => request.tenant === String(tenant));
          const others = own.filter(({ nested }) => !nested);
          must(admission.inFlight(String(tenant)) === own.length, 'in flight is counted');
          must(own.length <= given.maxConnections + 1, 'a tenant has one more at the most');
          must(others.length <= given.maxConnections, 'and that one is nested');
        }
        const maxHolders = Math.max(1, given.max - 1);
        const holders = active.filter(({ holds, nested }) => holds && !nested).length;
        must(holders <= maxHolders, 'the last connection is not held by a first one');
        for (const checkouts of runs) {
          const own = (state: TestRequest[]) =>
            state.filter((request) => request.checkouts === checkouts);
          must(
            checkouts.held === own(active).filter(({ holds }) => holds).length,
            'checkouts are counted',
          );
          must(checkouts.waiting === own(waiting).length, 'waits are counted');
        }
        // No wake-up is lost: where there is room, whoever is first is kept back by a limit.
        if (active.length === given.max) return;
        for (const request of waiting) {
          const own = admission.inFlight(request.tenant);
          const free = request.nested
            ? own <= request.maxConnections
            : own < request.maxConnections && (!request.insists || holders < maxHolders);
          const first = waiting.find(
            (other) => other.tenant === request.tenant && other.nested === request.nested,
          );
          must(!free || first !== request, 'who may go goes');
        }
      };

      for (const each of steps) {
        if (each.kind === 'ask') {
          const request = new TestRequest({
            tenant: String(each.tenant),
            maxConnections: given.maxConnections,
            checkouts: runs[each.run] ?? { held: 0, waiting: 0 },
            holds: each.holds,
            mayYield: each.mayYield,
          });
          request.suited = each.suited;
          requests.push(request);
          submit(admission, request);
        } else if (each.kind === 'finish') {
          const active = inState('admitted');
          const request = active[each.which % active.length];
          if (request) finish(admission, request);
        } else {
          const waiting = inState('waiting');
          const request = waiting[each.which % waiting.length];
          if (request) {
            request.state = 'cancelled';
            must(admission.cancel(request), 'who waits can give up');
          }
        }
        check();
      }
      // Whoever is served finishes: then everybody is served, each tenant within one round.
      for (let active = inState('admitted'); active.length > 0; active = inState('admitted')) {
        finish(admission, active[0] as TestRequest);
        check();
      }
      expect(inState('waiting')).toEqual([]);
      expect(admission.waiting).toBe(0);
    }),
    { numRuns: 500 },
  );
});

it('starves nobody where others suit the connections better: so many go before, and no more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ tenant: fc.nat(5), suited: fc.boolean() }), {
        minLength: 20,
        maxLength: 150,
      }),
      (max, asks) => {
        const admission = new Admission({ max, maxQueue: 10_000 });
        const served: TestRequest[] = [];
        const busy = Array.from({ length: max }, () =>
          submit(admission, new TestRequest({ tenant: 'busy' })),
        );
        const requests = asks.map(({ tenant, suited }) => {
          const request = new TestRequest({ tenant: String(tenant) }, (each) => served.push(each));
          request.suited = suited;
          return submit(admission, request);
        });
        for (const request of busy) finish(admission, request);
        for (let next = 0; next < served.length; next++)
          finish(admission, served[next] as TestRequest);
        expect(served.length).toBe(asks.length);

        // Four times for each connection somebody goes before it, and all five others stand before it.
        const most = 4 * max + 6;
        const first = new Map<string, TestRequest>();
        for (const request of requests)
          if (!first.has(request.tenant)) first.set(request.tenant, request);
        for (const request of first.values()) {
          must(served.indexOf(request) < most, 'the first of a tenant waits for a bounded number');
        }
      },
    ),
  );
});

it('starves nobody: a tenant waits for at most one turn of each other one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(5), { minLength: 1 }),
      (max, asks) => {
        const admission = new Admission({ max, maxQueue: 10_000 });
        const served: string[] = [];
        const busy = Array.from({ length: max }, () =>
          submit(admission, new TestRequest({ tenant: 'busy' })),
        );
        const requests = asks.map((tenant) =>
          submit(
            admission,
            new TestRequest({ tenant: String(tenant) }, () => served.push(String(tenant))),
          ),
        );
        for (const request of busy) finish(admission, request);
        for (;;) {
          const active = requests.find(({ state }) => state === 'admitted');
          if (!active) break;
          finish(admission, active);
        }
        expect(served.length).toBe(asks.length);
        // Between two turns of one tenant, each other one that still waits has had one.
        const left = new Map<string, number>();
        for (const tenant of asks) left.set(String(tenant), (left.get(String(tenant)) ?? 0) + 1);
        while (served.length > 0) {
          const waiting = [...left].filter(([, count]) => count > 0).length;
          const round = served.splice(0, waiting);
          expect(new Set(round).size).toBe(waiting);
          for (const tenant of round) left.set(tenant, (left.get(tenant) ?? 0) - 1);
        }
      },
    ),
  );
});
