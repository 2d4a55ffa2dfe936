import type { Ticket } from './ticket.js';
import { TimeLimit } from './time-limit.js';

/** What a ticket is, as far as it is looked at here. */
interface Waiting {
  readonly since: number;
  refuse(error: Error): void;
}

describe('TimeLimit', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('has one timer, also where who is refused asks again at once', () => {
    const waiting = new Set<Waiting>();
    const limit = new TimeLimit(100, () => waiting as unknown as Set<Ticket>);
    const refused: Error[] = [];
    const ask = () => {
      const ticket = {
        since: performance.now(),
        refuse(error: Error) {
          refused.push(error);
          waiting.delete(ticket);
          ask();
        },
      };
      waiting.add(ticket);
      limit.watch();
    };
    for (let n = 0; n < 3; n++) {
      ask();
      jest.advanceTimersByTime(30);
    }

    jest.advanceTimersByTime(1_000);
    expect(refused.length).toBeGreaterThanOrEqual(24);
    expect(jest.getTimerCount()).toBe(1);
    limit.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
