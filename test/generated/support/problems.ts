import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { eventually } from '../../support/eventually';
import { sendBytes } from './bytes';
import { clientsOf } from './clients';
import { connectAsSuperuser } from './embedded';
import { describeFuzz } from './fuzz';
import type { GeneratedApp } from './generate';
import { addProbes } from './probes';
import { startServer, type RunningServer } from './server';

const PROBLEM = /^application\/problem\+json/;
/** What must not be in an answer, whatever happened. */
const INTERNALS = /insert into|select |"\$tenant"|node_modules|\.js:\d|\$1/i;

const head = (path: string, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Tenant-Id: acme\r\nConnection: close\r\n${more}\r\n`;
const withBody = (type: string, body: string) =>
  `PATCH /users/1 HTTP/1.1\r\nHost: x\r\nX-Tenant-Id: acme\r\nConnection: close\r\n` +
  `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** How an application answers what goes wrong, and what its log says of it. */
export function describeProblems(getApp: () => GeneratedApp): void {
  describe('when things go wrong', () => {
    let server: RunningServer;
    let superuser: pg.Client;
    const { tenant, send } = clientsOf(getApp, () => server);
    /** What was printed since. */
    const logged = async (work: () => Promise<unknown>): Promise<string> => {
      const before = server.output().length;
      await work();
      await sleep(100);
      return server.output().slice(before);
    };
    /** Ends the connection of a request's statement while the server works on it. */
    const lose = async (method: string) => {
      const asked = probe('statement/20?secret=1', method);
      await eventually(async () => {
        const { rowCount } = await superuser.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where query like '%pg_sleep($1)%' and state = 'active' and pid <> pg_backend_pid()`,
        );
        return rowCount === 1;
      });
      return asked;
    };
    const probe = (path: string, method = 'GET', slug = 'acme') =>
      send(slug, `/probes/${path}`, { method });

    beforeAll(async () => {
      addProbes(getApp());
      server = await startServer(getApp().directory);
      superuser = await connectAsSuperuser(getApp());
      // There already where the suite of running came before.
      for (const slug of ['acme', 'globex']) tenant('create', slug);
      expect(tenant('create', 'sleepy').status).toBe(0);
      expect(tenant('suspend', 'sleepy').status).toBe(0);
    });
    afterAll(async () => {
      await superuser.end();
      await server.stop();
    });

    it.each<[string, string, number[]]>([
      ['a URL that is none', head('http://['), [400]],
      ['a path that cannot be decoded', head('/%ff'), [400]],
      ['a parameter that cannot be decoded', head('/users/%ff'), [400]],
      ['a parameter that is too long', head(`/users/${'1'.repeat(300)}`), [400, 414]],
      ['no HTTP', 'hello\r\n\r\n', [400]],
      ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
      [
        'a method nobody handles',
        'PROPFIND / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
        [404],
      ],
      ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', [400]],
      ['headers that are too large', head('/', `X-Large: ${'x'.repeat(20_000)}\r\n`), [431]],
      ['an expectation', head('/', 'Expect: the-unexpected\r\n'), [417]],
      [
        'a length that is none',
        'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n',
        [400],
      ],
      [
        'a chunk that is none',
        'POST /users HTTP/1.1\r\nHost: x\r\nX-Tenant-Id: acme\r\nContent-Type: application/json\r\n' +
          'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
        [400],
      ],
      ['a text', withBody('text/plain', '{"name":"x"}'), [400, 415]],
      ['XML', withBody('text/xml', '<name>x</name>'), [415]],
      ['a body of no type', withBody('', '{"name":"x"}'), [415]],
      ['a multipart body', withBody('multipart/form-data; boundary=x', '--x--'), [415]],
      ['JSON that is null', withBody('application/json', 'null'), [400]],
      ['JSON that is a list', withBody('application/json', '[]'), [400]],
      ['half of a character', withBody('application/json', '{"name":"\\ud800"}'), [400]],
      ['half of one in an e-mail', withBody('application/json', '{"email":"\\ud800@x.co"}'), [400]],
      [
        'deep nesting',
        withBody('application/json', `{"name":${'['.repeat(2_000)}${']'.repeat(2_000)}}`),
        [400],
      ],
    ])('answers %s by a problem', async (_what, bytes, statuses) => {
      const answers = await sendBytes(server.port, bytes);
      expect(answers).toHaveLength(1);
      for (const { status, type, body } of answers) {
        expect(statuses).toContain(status);
        expect(type).toMatch(PROBLEM);
        expect(body).toContain(`"status":${status},`);
      }
    });

    it('answers what comes after that on other connections', async () => {
      expect(await send('acme', '/users')).toMatchObject({ status: 200 });
    });

    it.each(['0x10', '1e1', ' 5', '', '1.0', '+1', '5&limit=5', '9'.repeat(30)])(
      'takes no ?limit=%s',
      async (limit) => {
        expect(await send('acme', `/users?limit=${limit}`)).toMatchObject({ status: 400 });
      },
    );

    it.each<[string, object]>([
      ['plan', { status: 402, code: 'PLAN_LIMIT', detail: 'Too many users', limits: { users: 5 } }],
      ['health', { status: 503, error: { db: { status: 'down' } }, details: {}, info: {} }],
      ['closed', { status: 499, code: 'HTTP_499', detail: 'Client closed the request' }],
      ['typed', { status: 422, type: 'https://example.com/p', title: 'No', detail: 'Why' }],
      ['coded', { status: 409, code: 'STALE', detail: 'No' }],
      ['odd', { status: 500, code: 'INTERNAL_SERVER_ERROR' }],
      ['text', { status: 500, code: 'INTERNAL_SERVER_ERROR' }],
    ])('tells what an exception says: %s', async (name, problem) => {
      const { status, type, body } = await probe(`exceptions/${name}`, 'GET', '');
      expect(body).toMatchObject(problem);
      expect({ status }).toMatchObject({ status: (problem as { status: number }).status });
      expect(type).toMatch(PROBLEM);
    });

    it.each(['wrapped', 'members', 'failing'])(
      'tells nothing of the error of a statement: %s',
      async (path) => {
        const { body } = await probe(path, 'POST');
        expect(JSON.stringify(body)).not.toMatch(INTERNALS);
        expect(JSON.stringify(body)).not.toContain('Secret');
      },
    );

    it.each(['without-tenant', 'current-tenant'])(
      'takes a lack of the tenant for a mistake where the route needs none: %s',
      async (path) => {
        let answer: unknown;
        const log = await logged(async () => (answer = await probe(path, 'GET', '')));
        expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL_SERVER_ERROR' } });
        expect(log).toContain(`no tenant: GET /probes/${path}: `);
        expect(log).toContain('TenantContextMissingError');
      },
    );

    it.each(['nobody', 'sleepy', '../x', 'acme, globex'])(
      'serves routes that need no tenant also in the name of %s',
      async (slug) => {
        expect(await send(slug, '/')).toMatchObject({ status: 200, body: { status: 'ok' } });
        expect(await send(slug, '/nowhere')).toMatchObject({ body: { code: 'NOT_FOUND' } });
        expect((await send(slug, '/users')).status).toBeGreaterThanOrEqual(400);
      },
    );

    it('tells caches that answers depend on the header', async () => {
      for (const path of ['/', '/users', '/users/0', '/nowhere']) {
        const { headers } = await send('acme', path, { headers: { Origin: 'http://x' } });
        expect(headers.get('Vary')?.toLowerCase()).toContain('x-tenant-id');
      }
    });

    it('logs what failed, for whom and where, and nothing that statements were given', async () => {
      for (const path of ['failing', 'logged', 'failing-events']) {
        const isStream = path === 'failing-events';
        const log = await logged(() =>
          isStream
            ? sendBytes(server.port, head('/probes/failing-events'), 500)
            : probe(path, 'POST'),
        );
        expect(log).toMatch(/Failed query: insert into "\$tenant"\."users"/i);
        expect(log).toContain('null value in column "email"');
        expect(log).not.toContain('Secret');
        expect(log.trim().split('\n').length).toBeLessThan(20);
        if (path === 'failing') expect(log).toContain('acme: POST /probes/failing: ');
      }
    });

    it('has reads sent again whose connection was lost, and says of writes that it does not know', async () => {
      const log = await logged(async () => {
        const read = await lose('GET');
        expect(read).toMatchObject({ status: 503, body: { code: 'CONNECTION_LOST' } });
        expect(read.headers.get('Retry-After')).toBe('1');
        expect(await lose('POST')).toMatchObject({
          status: 500,
          body: { code: 'CONNECTION_LOST' },
        });
      });
      const lines = log.trim().split('\n');
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(/ WARN .*acme: GET \/probes\/statement\/20: ConnectionLostError/);
      expect(lines[1]).toMatch(/ ERROR .*acme: POST \/probes\/statement\/20: ConnectionLostError/);
      expect(log).not.toContain('secret');
    });

    it('logs where a statement was sent whose request had been answered', async () => {
      const log = await logged(async () => {
        await probe('late');
        await probe('statement/0');
      });
      const [first, ...stack] = log.trim().split('\n');
      expect(first).toMatch(/ WARN .*acme: LateStatementError: .*after its request had been/);
      expect(stack.join('\n')).toContain('probes.controller');
      expect(log.match(/LateStatementError/g)).toHaveLength(1);
    });

    it('logs nothing of clients that go away while they send', async () => {
      const log = await logged(async () => {
        for (const framing of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
          const request =
            `POST /users HTTP/1.1\r\nHost: x\r\nX-Tenant-Id: acme\r\n` +
            `Content-Type: application/json\r\n${framing}\r\n\r\n4\r\n{"na`;
          const socket = connect(server.port, '127.0.0.1', () => socket.write(request));
          await sleep(100);
          socket.resetAndDestroy();
        }
      });
      expect(log).toBe('');
    });

    it('says by its logger that it does not hear of changes', async () => {
      const log = await logged(async () => {
        await superuser.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'`,
        );
        await eventually(() => server.output().includes('RegistryWatchLostError'));
      });
      expect(log).toMatch(/ WARN \[TenantRegistry\] RegistryWatchLostError: /);
      expect(server.output()).not.toMatch(/\(node:\d+\)/);
    });

    describeFuzz(() => server);
  });
}
