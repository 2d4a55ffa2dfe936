import type { ConnectionRequest } from './connection-request.js';
import { TimeLimit } from './time-limit.js';

/** What a request is, as far as it is looked at here. */
interface Waiting {
  readonly since: number;
  refuse(error: Error): void;
}

describe('TimeLimit', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('has one timer, also where who is refused asks again at once', () => {
    const waiting = new Set<Waiting>();
    const limit = new TimeLimit(100, () => waiting as unknown as Set<ConnectionRequest>);
    const refused: Error[] = [];
    const ask = () => {
      const request = {
        since: performance.now(),
        refuse(error: Error) {
          refused.push(error);
          waiting.delete(request);
          ask();
        },
      };
      waiting.add(request);
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
