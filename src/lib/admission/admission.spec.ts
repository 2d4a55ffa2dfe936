import fc from 'fast-check';
import { QueueFullError } from '../errors.js';
import { Admission } from './admission.js';
import { Ticket, type Applicant } from './ticket.js';

/** Jest's expect() takes too long for as many questions as a property asks. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`It does not hold that ${what}.`);
}

class TestTicket extends Ticket {
  state: 'waiting' | 'admitted' | 'refused' | 'released' | 'cancelled' = 'waiting';
  suited = true;
  readonly #onAdmit: (ticket: TestTicket) => void;

  constructor(applicant: Partial<Applicant>, onAdmit: (ticket: TestTicket) => void = () => {}) {
    super({
      tenant: 'acme',
      maxConnections: Infinity,
      loans: { held: 0, waiting: 0 },
      holds: false,
      ...applicant,
    });
    this.#onAdmit = onAdmit;
  }

  admit(): void {
    must(this.state === 'waiting', 'a ticket is admitted once');
    this.state = 'admitted';
    this.#onAdmit(this);
  }

  refuse(): void {
    this.state = 'refused';
  }

  abort(): void {}
}

function request(admission: Admission, ticket: TestTicket): TestTicket {
  try {
    admission.request(ticket);
  } catch (error) {
    if (!(error instanceof QueueFullError)) throw error;
    ticket.state = 'refused';
  }
  return ticket;
}

function finish(admission: Admission, ticket: TestTicket): void {
  ticket.state = 'released';
  admission.release(ticket);
}

describe('turns', () => {
  it('go round the tenants, however much one of them asks for', () => {
    const admission = new Admission({ max: 1, maxQueue: 100 });
    const served: string[] = [];
    const ask = (tenant: string) =>
      request(admission, new TestTicket({ tenant }, () => served.push(tenant)));
    const tickets = [
      ask('now'),
      ...Array.from({ length: 5 }, () => ask('flood')),
      ask('one'),
      ask('two'),
    ];
    for (;;) {
      const active = tickets.find(({ state }) => state === 'admitted');
      if (!active) break;
      finish(admission, active);
    }
    expect(served).toEqual(['now', 'flood', 'one', 'two', 'flood', 'flood', 'flood', 'flood']);
  });

  it('are not taken by a tenant that has its share', () => {
    const admission = new Admission({ max: 3, maxQueue: 100 });
    const ask = (tenant: string) =>
      request(admission, new TestTicket({ tenant, maxConnections: 2 }));
    const flood = Array.from({ length: 4 }, () => ask('flood'));
    expect(flood.map(({ state }) => state)).toEqual(['admitted', 'admitted', 'waiting', 'waiting']);
    expect(ask('quiet').state).toBe('admitted');
    expect(ask('late').state).toBe('waiting');
    finish(admission, flood[0] as TestTicket);
    expect(flood[2]?.state).toBe('admitted');
  });
});

describe('a connection that suits one tenant better than another', () => {
  it('goes to it first, but not for ever', () => {
    const admission = new Admission({ max: 1, maxQueue: 100 });
    const served: string[] = [];
    const ask = (tenant: string, suited: boolean) => {
      const ticket = new TestTicket({ tenant }, () => served.push(tenant));
      ticket.suited = suited;
      return request(admission, ticket);
    };
    const tickets = [ask('now', true), ask('unsuited', false)];
    for (let i = 0; i < 20; i++) tickets.push(ask(`suited-${i}`, true));
    for (;;) {
      const active = tickets.find(({ state }) => state === 'admitted');
      if (!active) break;
      finish(admission, active);
    }
    // Four times for each connection, of which there is one.
    expect(served.indexOf('unsuited')).toBe(5);
    expect(served).toHaveLength(22);
  });

  it('goes to the first in turn where it suits nobody', () => {
    const admission = new Admission({ max: 1, maxQueue: 100 });
    const tickets = ['now', 'one', 'two'].map((tenant) => {
      const ticket = new TestTicket({ tenant });
      ticket.suited = false;
      return request(admission, ticket);
    });
    finish(admission, tickets[0] as TestTicket);
    expect(tickets.map(({ state }) => state)).toEqual(['released', 'admitted', 'waiting']);
  });
});

describe('a full queue', () => {
  it('refuses a tenant that fills it, and makes room for one that does not', () => {
    const admission = new Admission({ max: 1, maxQueue: 4 });
    const ask = (tenant: string) => request(admission, new TestTicket({ tenant }));
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
  const holder = () => ({ loans: { held: 0, waiting: 0 }, holds: true });

  it('finds one that was kept for it', () => {
    const admission = new Admission({ max: 2, maxQueue: 10 });
    const runs = [holder(), holder()];
    const first = runs.map((run) => request(admission, new TestTicket(run)));
    expect(first.map(({ state }) => state)).toEqual(['admitted', 'waiting']);
    const second = request(admission, new TestTicket(runs[0] as Applicant));
    expect(second.state).toBe('admitted');
    finish(admission, second);
    finish(admission, first[0] as TestTicket);
    expect(first[1]?.state).toBe('admitted');
  });

  it('is given the last one where it need not hold it, before who insists', () => {
    const admission = new Admission({ max: 2, maxQueue: 10 });
    const first = request(admission, new TestTicket(holder()));
    const insists = request(admission, new TestTicket(holder()));
    const yields = request(admission, new TestTicket({ ...holder(), mayYield: true }));
    expect([insists.state, yields.state]).toEqual(['waiting', 'admitted']);
    expect([first.holds, yields.holds, yields.loans.held]).toEqual([true, false, 0]);
    finish(admission, first);
    expect([insists.state, yields.holds]).toEqual(['admitted', false]);
    finish(admission, yields);
    const holds = request(admission, new TestTicket({ ...holder(), mayYield: true }));
    finish(admission, insists);
    expect(holds.holds).toBe(false);
    expect(request(admission, new TestTicket({ ...holder(), mayYield: true })).holds).toBe(true);
  });

  it('may go one beyond the limit of its tenant', () => {
    const admission = new Admission({ max: 5, maxQueue: 10 });
    const run = { ...holder(), maxConnections: 1 };
    request(admission, new TestTicket(run));
    expect(request(admission, new TestTicket(run)).state).toBe('admitted');
    expect(request(admission, new TestTicket(run)).state).toBe('waiting');
  });

  it('is refused where every connection is held so, and nothing moves', () => {
    jest.useFakeTimers();
    const admission = new Admission({ max: 1, maxQueue: 10 });
    const run = holder();
    const first = request(admission, new TestTicket(run));
    const second = request(admission, new TestTicket(run));
    jest.advanceTimersByTime(900);
    expect(second.state).toBe('waiting');
    jest.advanceTimersByTime(600);
    expect(second.state).toBe('refused');
    expect(run.loans).toEqual({ held: 1, waiting: 0 });
    finish(admission, first);
    expect(run.loans).toEqual({ held: 0, waiting: 0 });
    jest.useRealTimers();
  });

  it('is not refused while a statement runs that will give its connection back', () => {
    jest.useFakeTimers();
    const admission = new Admission({ max: 1, maxQueue: 10 });
    const run = holder();
    const first = request(admission, new TestTicket(run));
    first.running = 1;
    const second = request(admission, new TestTicket(run));
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
      const tickets: TestTicket[] = [];
      const inState = (state: TestTicket['state']) =>
        tickets.filter((each) => each.state === state);

      const check = () => {
        const active = inState('admitted');
        const waiting = inState('waiting');
        must(active.length <= given.max, 'no more than max are active');
        must(admission.active.length === active.length, 'active ones are counted');
        must(admission.waiting === waiting.length, 'waiting ones are counted');
        must(waiting.length <= given.maxQueue, 'the queue is bounded');
        for (let tenant = 0; tenant < 5; tenant++) {
          const own = active.filter((ticket) => ticket.tenant === String(tenant));
          const others = own.filter(({ nested }) => !nested);
          must(admission.inFlight(String(tenant)) === own.length, 'in flight is counted');
          must(own.length <= given.maxConnections + 1, 'a tenant has one more at the most');
          must(others.length <= given.maxConnections, 'and that one is nested');
        }
        const maxHolders = Math.max(1, given.max - 1);
        const holders = active.filter(({ holds, nested }) => holds && !nested).length;
        must(holders <= maxHolders, 'the last connection is not held by a first one');
        for (const loans of runs) {
          const own = (state: TestTicket[]) => state.filter((ticket) => ticket.loans === loans);
          must(loans.held === own(active).filter(({ holds }) => holds).length, 'loans are counted');
          must(loans.waiting === own(waiting).length, 'waits are counted');
        }
        // No wake-up is lost: where there is room, whoever is first is kept back by a limit.
        if (active.length === given.max) return;
        for (const ticket of waiting) {
          const own = admission.inFlight(ticket.tenant);
          const free = ticket.nested
            ? own <= ticket.maxConnections
            : own < ticket.maxConnections && (!ticket.insists || holders < maxHolders);
          const first = waiting.find(
            (other) => other.tenant === ticket.tenant && other.nested === ticket.nested,
          );
          must(!free || first !== ticket, 'who may go goes');
        }
      };

      for (const each of steps) {
        if (each.kind === 'ask') {
          const ticket = new TestTicket({
            tenant: String(each.tenant),
            maxConnections: given.maxConnections,
            loans: runs[each.run] ?? { held: 0, waiting: 0 },
            holds: each.holds,
            mayYield: each.mayYield,
          });
          ticket.suited = each.suited;
          tickets.push(ticket);
          request(admission, ticket);
        } else if (each.kind === 'finish') {
          const active = inState('admitted');
          const ticket = active[each.which % active.length];
          if (ticket) finish(admission, ticket);
        } else {
          const waiting = inState('waiting');
          const ticket = waiting[each.which % waiting.length];
          if (ticket) {
            ticket.state = 'cancelled';
            must(admission.cancel(ticket), 'who waits can give up');
          }
        }
        check();
      }
      // Whoever is served finishes: then everybody is served, each tenant within one round.
      for (let active = inState('admitted'); active.length > 0; active = inState('admitted')) {
        finish(admission, active[0] as TestTicket);
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
        const served: TestTicket[] = [];
        const busy = Array.from({ length: max }, () =>
          request(admission, new TestTicket({ tenant: 'busy' })),
        );
        const tickets = asks.map(({ tenant, suited }) => {
          const ticket = new TestTicket({ tenant: String(tenant) }, (each) => served.push(each));
          ticket.suited = suited;
          return request(admission, ticket);
        });
        for (const ticket of busy) finish(admission, ticket);
        for (let next = 0; next < served.length; next++)
          finish(admission, served[next] as TestTicket);
        expect(served.length).toBe(asks.length);

        // Four times for each connection somebody goes before it, and all five others stand before it.
        const most = 4 * max + 6;
        const first = new Map<string, TestTicket>();
        for (const ticket of tickets)
          if (!first.has(ticket.tenant)) first.set(ticket.tenant, ticket);
        for (const ticket of first.values()) {
          must(served.indexOf(ticket) < most, 'the first of a tenant waits for a bounded number');
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
          request(admission, new TestTicket({ tenant: 'busy' })),
        );
        const tickets = asks.map((tenant) =>
          request(
            admission,
            new TestTicket({ tenant: String(tenant) }, () => served.push(String(tenant))),
          ),
        );
        for (const ticket of busy) finish(admission, ticket);
        for (;;) {
          const active = tickets.find(({ state }) => state === 'admitted');
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
