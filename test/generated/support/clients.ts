import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { GeneratedApp } from './generate';
import type { RunningServer } from './server';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly body: unknown;
}

/** The application's two sides as its users have them: its commands and HTTP. */
export function clientsOf(getApp: () => GeneratedApp, getServer: () => RunningServer) {
  const tenant = (...args: string[]) =>
    getApp().try(process.execPath, 'dist/tenancy/cli/main.js', ...args);

  async function send(
    slug: string | undefined,
    path: string,
    init: RequestInit = {},
  ): Promise<Answer> {
    const response = await fetch(`${getServer().url}${path}`, {
      ...init,
      headers: {
        ...(init.body && { 'Content-Type': 'application/json' }),
        ...(slug && { 'X-Tenant-Id': slug }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });
    const content = await response.text();
    return {
      status: response.status,
      type: response.headers.get('Content-Type'),
      headers: response.headers,
      body: content === '' ? undefined : (JSON.parse(content) as unknown),
    };
  }

  /** Says how long a body is, and sends nothing of it: who sends it may be cut off before the answer. */
  async function announce(
    slug: string,
    path: string,
    bytes: number,
  ): Promise<Omit<Answer, 'headers'>> {
    const sent = request(`${getServer().url}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': bytes,
        'X-Tenant-Id': slug,
      },
    });
    sent.flushHeaders();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const body = JSON.parse(await text(response)) as unknown;
    // A server may end the connection with its answer.
    sent.on('error', () => {}).destroy();
    return {
      status: response.statusCode ?? 0,
      type: response.headers['content-type'] ?? null,
      body,
    };
  }

  const post = (slug: string, body: unknown) =>
    send(slug, '/users', { method: 'POST', body: JSON.stringify(body) });

  return { tenant, send, announce, post };
}
