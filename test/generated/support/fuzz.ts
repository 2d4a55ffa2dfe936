import fc from 'fast-check';
import { sendBytes, type RawAnswer } from './bytes';
import type { RunningServer } from './server';

const SEED = 20_261_126;
const INTERNALS = /insert into|update "|select |"\$tenant"|node_modules|\.js:\d|Error:|password/i;

/** Whatever is sent: errors are problems that tell nothing, and none is the server's own. */
export function describeFuzz(getServer: () => RunningServer): void {
  it('answers requests of any shape, and bytes that are none, as it should', async () => {
    const server = getServer();
    const { port } = server;
    const before = server.output().length;
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 20, maxLength: 20 }), async (many) => {
        const answers = await Promise.all(many.map((each) => sendBytes(port, each, 150)));
        for (const answer of answers.flat()) expectProblem(answer);
      }),
      { seed: SEED, numRuns: 80 },
    );
    expect(server.output().slice(before)).not.toMatch(/ ERROR | FATAL |\(node:/);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });
}

function expectProblem({ status, type, body }: RawAnswer): void {
  if (status < 400) return;
  const isAllowed = status < 500 || status === 503 || status === 504;
  expect({ status, type, body, isAllowed }).toMatchObject({ isAllowed: true });
  expect({ status, type, body }).toEqual({
    status,
    type: expect.stringMatching(/^application\/problem\+json/),
    body: expect.not.stringMatching(INTERNALS),
  });
}

/** JSON as a client may write it: JSON.stringify() would not write half of a character, nor `__proto__`. */
const { value: json, object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', '0', '-0', '1e999', '99999999999999999999', '""', '{}', '[]'),
    fc.constantFrom('"\\ud800"', '"\\u0000"', '"a@b.co"', '"\\udc00@example.com"', '"\\uFFFE"'),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => JSON.stringify(text)),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.nat(4_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    tie('object'),
  ),
  object: fc
    .array(
      fc.tuple(
        fc.constantFrom(
          'name',
          'email',
          'name',
          'email',
          'id',
          '__proto__',
          'constructor',
          'length',
        ),
        tie('value'),
      ),
      { maxLength: 5 },
    )
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
}));

const segment = fc.oneof(
  fc.constantFrom(
    'users',
    '1',
    '0',
    '..',
    '.',
    '%2e',
    '%ff',
    '%00',
    '%',
    'é',
    '*',
    'probes',
    'echo',
  ),
  fc.webPath({ size: 'small' }),
  fc.string({ maxLength: 150 }).map(encodeURIComponent),
);

const target = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('/users', '/users/1', '/probes/echo', '/') },
  {
    weight: 4,
    arbitrary: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('*', 'http://[', 'http://x/users', '//', '/users?', 'x:y'),
  },
);

const query = fc.oneof(
  fc.constantFrom(
    '',
    '?limit=5',
    '?limit=0x10',
    '?limit[]=1',
    '?offset=-1',
    '?limit=1&limit=2',
    '?%',
  ),
  fc.webQueryParameters().map((text) => `?${text}`),
);

const header = fc.constantFrom(
  'X-Tenant-Id: acme',
  'X-Tenant-Id: globex',
  'X-Tenant-Id: nobody',
  'X-Tenant-Id: sleepy',
  "X-Tenant-Id: acme'--",
  'X-Tenant-Id:',
  'X-Tenant-Id: acme\r\nX-Tenant-Id: globex',
  'Content-Encoding: gzip',
  'Content-Encoding: x',
  'Expect: 100-continue',
  'Expect: x',
  'Accept: text/html',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Transfer-Encoding: chunked',
  'Origin: null',
  'Cookie: %%%',
  'X-Forwarded-For: \u00ff',
  'Content-Length: 3',
);

const contentType = fc.constantFrom(
  'application/json',
  'application/json',
  'application/json; charset=utf-16',
  'application/json; charset=x',
  'application/problem+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'x',
  '',
);

/** A request, as far as HTTP goes. */
const request = fc
  .record({
    method: fc.constantFrom(
      'GET',
      'POST',
      'POST',
      'PATCH',
      'PUT',
      'DELETE',
      'HEAD',
      'OPTIONS',
      'TRACE',
    ),
    target,
    query,
    tenant: fc.constantFrom('X-Tenant-Id: acme', 'X-Tenant-Id: acme', 'X-Other: x'),
    headers: fc.array(header, { maxLength: 2 }),
    contentType,
    body: fc.oneof(json, fc.string({ maxLength: 200 }), fc.constant('')),
  })
  .map(({ method, target: path, query: search, tenant, headers, contentType: type, body }) => {
    const lines = [
      `${method} ${path}${search} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      tenant,
      ...headers,
      ...(body === ''
        ? []
        : [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`]),
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });

/** One that gets as far as the validation of its body. */
const write = fc
  .tuple(fc.constantFrom('POST /users', 'PATCH /users/1', 'POST /probes/echo'), object)
  .map(([line, body]) =>
    Buffer.from(
      `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Tenant-Id: acme\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );

/** The same with some bytes changed, left out or put in. */
const bytes = fc.oneof(
  { weight: 3, arbitrary: request },
  { weight: 3, arbitrary: write },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        request,
        fc.array(fc.tuple(fc.nat(400), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 }),
      )
      .map(([whole, changes]) => {
        const changed = [...whole];
        for (const [place, byte, removed] of changes)
          changed.splice(place % whole.length, removed, byte);
        return Buffer.from(changed);
      }),
  },
);
