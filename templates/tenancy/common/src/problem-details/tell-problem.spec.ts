import type { ArgumentsHost } from '@nestjs/common';
import { firstValueFrom, type Observable } from 'rxjs';
import { problem } from './problem-details.js';
import { tellProblem } from './tell-problem.js';

describe('tellProblem', () => {
  const notFound = problem(404, 'User 1 not found');
  const tell = (type: string, client?: object) => {
    const host = {
      getType: () => type,
      switchToWs: () => ({ getClient: () => client }),
    };
    return tellProblem(notFound, host as unknown as ArgumentsHost);
  };

  it('sends it to a client of the ws package', () => {
    const client = { readyState: 1, send: vi.fn(), emit: vi.fn() };
    tell('ws', client);
    expect(client.send.mock.calls).toEqual([
      [JSON.stringify({ event: 'exception', data: notFound })],
    ]);
    expect(client.emit).not.toHaveBeenCalled();
  });

  it('sends it to a client of Socket.IO', () => {
    const client = { send: vi.fn(), emit: vi.fn() };
    tell('ws', client);
    expect(client.emit.mock.calls).toEqual([['exception', notFound]]);
    expect(client.send).not.toHaveBeenCalled();
  });

  it('is what the stream of a microservice fails with', async () => {
    const stream = tell('rpc') as Observable<never>;
    await expect(firstValueFrom(stream)).rejects.toBe(notFound);
  });

  it('is what an error of GraphQL has for its extensions', () => {
    expect(() => tell('graphql')).toThrow(
      expect.objectContaining({
        message: 'User 1 not found',
        extensions: notFound,
      }),
    );
  });
});
