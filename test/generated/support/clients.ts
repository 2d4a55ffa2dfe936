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
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('Content-Type'),
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  }

  const post = (slug: string, body: unknown) =>
    send(slug, '/users', { method: 'POST', body: JSON.stringify(body) });

  return { tenant, send, post };
}
