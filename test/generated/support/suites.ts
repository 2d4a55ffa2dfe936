import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientsOf } from './clients';
import { connectAsSuperuser } from './embedded';
import { GeneratedApp, type Combination } from './generate';
import { undeclaredImports } from './imports';
import { startServer, type RunningServer } from './server';
import { strictest } from './strictest';

/** 375 when this was written, and 362 with Drizzle; see decision 16. */
const MOST_PACKAGES = 395;

/** What every application has to pass right after it was generated, by its own settings. */
export function describeSources(combination: Combination): () => GeneratedApp {
  let app: GeneratedApp;

  beforeAll(() => {
    app = GeneratedApp.create(combination);
  });
  afterAll(() => app.remove());

  it('is committed whole, with its lock file', () => {
    expect(app.run('git', 'status', '--porcelain')).toBe('');
    expect(app.run('git', 'ls-files', 'package-lock.json', '.gitignore').split('\n')).toHaveLength(
      3,
    );
  });

  it('installs few packages, and each for somebody', () => {
    const lock = JSON.parse(readFileSync(join(app.directory, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optional?: true; extraneous?: true }>;
    };
    // Optional are binaries, of all platforms.
    const installed = Object.values(lock.packages).filter(({ optional }) => !optional);
    expect(installed.length).toBeLessThan(MOST_PACKAGES);
    expect(installed.filter(({ extraneous }) => extraneous)).toEqual([]);
  });

  it.each(['10', '11'])('has a lock file that npm %s takes', (version) => {
    app.run('npx', '--yes', `npm@${version}`, 'ci', '--dry-run', '--ignore-scripts', '--no-audit');
  });

  it('imports only what its package.json names', () => {
    expect(undeclaredImports(app.directory)).toEqual([]);
  });

  it('type-checks', () => {
    app.run('npx', 'tsc', '--noEmit', '-p', 'tsconfig.json');
  });

  it('type-checks by the strictest flags there are', () => {
    app.run('npx', 'tsc', ...strictest(app.directory));
  });

  it('lints', () => {
    expect(app.run('npm', 'run', 'lint')).toContain('Found 0 warnings and 0 errors');
  });

  it('is formatted', () => {
    app.run('npx', 'prettier', '--check', '.');
  });

  it('builds', () => {
    app.run('npm', 'run', 'build');
  });

  return () => app;
}

/** The tests that it has itself. */
export function describeTests(getApp: () => GeneratedApp): void {
  it('passes its own unit tests', () => {
    getApp().run('npm', 'test');
  });

  it('passes its own end-to-end tests', () => {
    getApp().run('npm', 'run', 'test:e2e');
  });
}

/** Its commands, and the application over HTTP. */
export function describeRunning(getApp: () => GeneratedApp, withRoles = false): void {
  it('needs no further migration', () => {
    const output = getApp().run('npm', 'run', 'migration:generate');
    expect(output).toMatch(/No schema changes|No changes/);
    expect(getApp().run('git', 'status', '--porcelain')).toBe('');
  });

  it('says in production that a database is missing', () => {
    const { status, stderr } = getApp().try(
      'env',
      'NODE_ENV=production',
      process.execPath,
      'dist/main.js',
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain('DATABASE_URL is required in production');
  });

  describe('running', () => {
    let server: RunningServer;
    const { tenant, send, announce, post } = clientsOf(getApp, () => server);

    beforeAll(async () => {
      server = await startServer(getApp().directory);
    });

    it('creates tenants beside the running application', () => {
      expect(tenant('create', 'acme', '--name', 'Acme Inc.').stdout).toContain(
        'Created tenant acme',
      );
      expect(tenant('create', 'globex').status).toBe(0);
      expect(JSON.parse(tenant('list', '--json').stdout)).toMatchObject([
        { slug: 'acme', name: 'Acme Inc.', status: 'active' },
        { slug: 'globex', status: 'active' },
      ]);
      expect(tenant('migrate').stdout).toContain('Every tenant is up to date.');
    });

    it('says by the status of migrate whether tenants still lack a migration', async () => {
      const superuser = await connectAsSuperuser(getApp());
      const ledger = 'tenancy.migrations';
      try {
        const { rows } = await superuser.query<{ tenant_id: string; name: string }>(
          `delete from ${ledger} where name <> '$tenant' and tenant_id =
             (select id from tenancy.tenants where slug = 'acme') returning *`,
        );
        // What is there already cannot be created again.
        const failing = tenant('migrate');
        expect(failing.status).toBe(1);
        expect(failing.stdout).toContain('0 of 1 tenants migrated, 1 failed.');
        expect(failing.stdout).toContain('Tenants that still lack migrations: 1.');
        expect(JSON.parse(tenant('migrate', '--json').stdout)).toMatchObject({
          remaining: 1,
          failed: [{ tenant: 'acme' }],
        });
        for (const { tenant_id, name } of rows) {
          await superuser.query(
            `insert into ${ledger} (tenant_id, name, duration_ms) values ($1, $2, 0)`,
            [tenant_id, name],
          );
        }
        await superuser.query(
          `insert into ${ledger} (tenant_id, name, duration_ms) values ($1, 'deleted', 0)`,
          [rows[0]?.tenant_id],
        );
        const told = tenant('migrate');
        expect(told).toMatchObject({ status: 0, stdout: 'Every tenant is up to date.\n' });
        expect(told.stderr).toContain('missing here: deleted');
        const accepted = tenant('migrate', '--accept-missing', 'deleted');
        expect(accepted).toMatchObject({ status: 0, stderr: '' });
        expect(accepted.stdout).toContain('Accepted deleted: tenants that keep');
        expect(tenant('migrate')).toMatchObject({ status: 0, stderr: '' });

        for (const args of [
          ['--accept-changed', 'typo'],
          ['--accept-renamed', 'typo'],
          ['--accept-renamed', 'a=typo'],
        ]) {
          const { status, stderr } = tenant('migrate', ...args);
          expect(status).toBe(1);
          expect(stderr).toContain('typo');
        }
      } finally {
        await superuser.end();
      }
    });

    it('says in a line or two what was wrong with a command', () => {
      for (const args of [['create', 'acme'], ['create', '../x'], ['frobnicate']]) {
        const { status, stderr } = tenant(...args);
        expect(status).toBe(1);
        expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
      }
    });

    it('serves each tenant its own rows under equal ids', async () => {
      const ada = { name: 'Ada', email: 'ada@example.com' };
      const bob = { name: 'Bob', email: 'bob@example.com' };
      expect(await post('acme', ada)).toMatchObject({ status: 201, body: { id: 1, ...ada } });
      expect(await post('globex', bob)).toMatchObject({ status: 201, body: { id: 1, ...bob } });
      expect((await send('acme', '/users')).body).toMatchObject({ items: [{ id: 1, ...ada }] });

      const changes = { method: 'PATCH', body: JSON.stringify({ name: 'Ada L.' }) };
      expect((await send('acme', '/users/1', changes)).body).toMatchObject({ name: 'Ada L.' });
      expect((await send('acme', '/users/1', { method: 'DELETE' })).status).toBe(204);
      expect((await send('acme', '/users/1')).status).toBe(404);
      expect((await send('globex', '/users/1')).body).toEqual({ id: 1, ...bob });
    });

    it('keeps 50 clients of two tenants apart whose bodies arrive in pieces', async () => {
      const clients = Array.from({ length: 50 }, (_, i) => ({
        slug: i % 2 === 0 ? 'acme' : 'globex',
        user: { name: `Client ${i}`, email: `client-${i}@example.com` },
      }));
      const created = await Promise.all(
        clients.map(({ slug, user }) =>
          send(slug, '/users', { method: 'POST', body: inPieces(user), duplex: 'half' }),
        ),
      );
      expect(created).toMatchObject(clients.map(({ user }) => ({ status: 201, body: user })));

      for (const slug of ['acme', 'globex']) {
        const { body } = await send(slug, '/users?limit=100');
        const found = (body as { items: { email: string }[] }).items.map(({ email }) => email);
        const own = clients.filter((client) => client.slug === slug).map(({ user }) => user.email);
        expect(found.filter((email) => email.startsWith('client-')).toSorted()).toEqual(
          own.toSorted(),
        );
      }
    });

    it.each<[string, string | undefined, string, RequestInit, number, string]>([
      ['no tenant', undefined, '/users', {}, 400, 'TENANT_CONTEXT_MISSING'],
      ['an unknown tenant', 'nobody', '/users', {}, 404, 'TENANT_NOT_FOUND'],
      ['a malformed tenant', '../x', '/users', {}, 400, 'TENANT_SLUG_INVALID'],
      ['two tenants', 'acme, globex', '/users', {}, 400, 'TENANT_SLUG_INVALID'],
      ['no such route', 'acme', '/nowhere', {}, 404, 'NOT_FOUND'],
      [
        'malformed JSON',
        'acme',
        '/users',
        { method: 'POST', body: '{"name":' },
        400,
        'BAD_REQUEST',
      ],
      [
        'an invalid body',
        'acme',
        '/users',
        { method: 'POST', body: '{"x":1}' },
        400,
        'VALIDATION_FAILED',
      ],
      ['an id too large', 'acme', '/users/99999999999', {}, 400, 'BAD_REQUEST'],
      [
        'a value with a NUL character',
        'acme',
        '/users',
        { method: 'POST', body: '{"name":"a\\u0000b","email":"nul@example.com"}' },
        400,
        'VALUE_NOT_ACCEPTABLE',
      ],
      [
        'a value that is taken',
        'globex',
        '/users',
        { method: 'POST', body: '{"name":"Bob","email":"bob@example.com"}' },
        409,
        'ALREADY_EXISTS',
      ],
    ])('answers %s with a problem', async (_what, slug, path, init, status, code) => {
      const answer = await send(slug, path, init);
      expect(answer).toMatchObject({ status, body: { type: 'about:blank', status, code } });
      expect(answer.type).toMatch(/^application\/problem\+json/);
      expect(JSON.stringify(answer.body)).not.toMatch(/insert into|select |node_modules|\$1/i);
    });

    it('answers a body too large with a problem', async () => {
      // More than the 1 MB that Fastify takes, and the 100 kB of Express.
      const body = JSON.stringify({ name: 'x'.repeat(2_000_000) });
      // Fastify answers by the announced length, and may have hung up on who still sends.
      const answer =
        getApp().combination.platform === 'fastify'
          ? await announce('acme', '/users', body.length)
          : await send('acme', '/users', { method: 'POST', body });
      expect(answer).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
      expect(answer.type).toMatch(/^application\/problem\+json/);
    });

    it('stops serving a suspended tenant at once, until it is resumed', async () => {
      expect(tenant('suspend', 'acme').status).toBe(0);
      expect(await send('acme', '/users')).toMatchObject({
        status: 403,
        body: { code: 'TENANT_NOT_ACTIVE' },
      });
      expect(tenant('resume', 'acme').status).toBe(0);
      expect((await send('acme', '/users')).status).toBe(200);
    });

    it('looks whether its tenants are kept apart', () => {
      const check = tenant('check');
      expect(check).toMatchObject({ status: 0, stderr: '' });
      expect(check.stdout).toMatch(/^Tenants are kept apart\. Looked at: 2\.\n/);
      const report = JSON.parse(tenant('check', '--json').stdout) as { hardening: string[] };
      expect(report).toMatchObject({ tenants: 2, warnings: [] });
      // What a role alone does not keep out is said where there are roles.
      expect(report.hardening.length > 0).toBe(withRoles);
      for (const statement of report.hardening) expect(check.stdout).toContain(statement);
    });

    it('ends by SIGTERM with nothing left behind, and has its rows when it starts again', async () => {
      const { output } = await server.stop();
      expect(output).not.toMatch(/ERROR|WARN|FATAL/);
      const postmaster = join(getApp().directory, '.postgres/data/postmaster.pid');
      expect(() => readFileSync(postmaster)).toThrow('ENOENT');

      server = await startServer(getApp().directory);
      expect(await send('globex', '/users/1')).toMatchObject({
        status: 200,
        body: { name: 'Bob' },
      });
      await server.stop();
    });
  });
}

/** JSON with a pause in the middle, so that the server goes on with other requests while it reads. */
function inPieces(value: unknown): ReadableStream<Uint8Array> {
  const text = JSON.stringify(value);
  const half = text.length / 2;
  async function* pieces() {
    yield Buffer.from(text.slice(0, half));
    await sleep(20);
    yield Buffer.from(text.slice(half));
  }
  return ReadableStream.from(pieces());
}
