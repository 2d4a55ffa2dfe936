import { MESSAGE } from './hand-edit.mjs';

const TENANTS = ['acme', 'globex'];
const ROWS = 3;

/** Writes invoices of both tenants, reads them back, and reports whether each saw only its own. */
export async function checkIsolation(address) {
  const call = caller(address);
  const created = new Map();
  for (const tenant of TENANTS) created.set(tenant, []);
  // In turns, so that a shared counter or a mixed-up connection would show.
  for (let i = 1; i <= ROWS; i++) {
    for (const tenant of TENANTS) {
      const name = `${tenant} invoice ${i}`;
      created.get(tenant).push(await call('POST', '/invoices', { tenant, body: { name } }));
    }
  }

  const rows = [];
  const ids = TENANTS.map((tenant) => created.get(tenant).map(({ body }) => body?.id));
  rows.push(
    line(
      'same ids in both tenants',
      TENANTS.map((tenant, i) => `${tenant} ${ids[i].join(' ')}`).join(', '),
      ids[0].every((id, i) => id !== undefined && id === ids[1][i]),
    ),
  );
  for (const tenant of TENANTS) {
    const { status, body } = await call('GET', '/invoices', { tenant });
    const names = (body?.items ?? []).map(({ name }) => name);
    const own = names.filter((name) => name?.startsWith(`${tenant} `)).length;
    rows.push(
      line(
        `${tenant}: GET /invoices`,
        `${status}, ${own} of its own, ${names.length - own} of others`,
        status === 200 && own === ROWS && names.length === ROWS,
      ),
    );
  }
  for (const tenant of TENANTS) {
    const id = created.get(tenant)[0].body?.id;
    const { status, body } = await call('GET', `/invoices/${id}`, { tenant });
    rows.push(
      line(
        `${tenant}: GET /invoices/${id}`,
        `${status}, "${body?.name}"`,
        status === 200 && body?.name === `${tenant} invoice 1`,
      ),
    );
  }
  rows.push(await addedField(call), await editByHandHolds(call));
  rows.push(await refusal(call, 'an unknown tenant', { tenant: 'initech' }, 404));
  rows.push(await refusal(call, 'no tenant', {}, 400));
  rows.push(await refusal(call, 'a malformed tenant (../acme)', { tenant: '../acme' }, 400));
  return { text: table(rows), held: rows.every(({ held }) => held) };
}

/** What was generated after a file had been edited. */
async function addedField(call) {
  const sent = { name: 'acme invoice 4', dueOn: '2026-01-31' };
  const { status, body } = await call('POST', '/invoices', { tenant: 'acme', body: sent });
  return line(
    'acme: POST /invoices with dueOn',
    `${status}, due on ${body?.dueOn}`,
    status === 201 && body?.dueOn === sent.dueOn,
  );
}

/** What had been edited. */
async function editByHandHolds(call) {
  const { status, body } = await call('POST', '/invoices', { tenant: 'acme', body: { name: '' } });
  return line(
    'acme: POST /invoices without a name',
    `${status}, "${body?.errors?.find((error) => error === MESSAGE) ?? body?.detail}"`,
    status === 400 && body?.errors?.includes(MESSAGE) === true,
  );
}

function caller(address) {
  return async (method, path, { tenant, body } = {}) => {
    const response = await fetch(address + path, {
      method,
      headers: {
        ...(tenant === undefined ? {} : { 'x-tenant-id': tenant }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      text,
      body: parse(text),
    };
  };
}

async function refusal(call, who, request, expected) {
  const { status, type, body, text } = await call('GET', '/invoices', request);
  const isProblem = type.startsWith('application/problem+json');
  return line(
    `${who}: GET /invoices`,
    `${status}, ${body?.title ?? body?.detail ?? 'no problem details'}`,
    // Rows of a tenant or the text of a statement have no place in a refusal.
    status === expected && isProblem && !/invoice \d|select /i.test(text),
  );
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the checks that need a body fail and say what they saw.
    return undefined;
  }
}

function line(what, seen, held) {
  return { what, seen, held };
}

function table(rows) {
  const widths = [
    Math.max(...rows.map((row) => row.what.length)),
    Math.max(...rows.map((row) => row.seen.length)),
  ];
  const rule = `  ${'-'.repeat(widths[0])}  ${'-'.repeat(widths[1])}  ----`;
  return [
    `  ${'request'.padEnd(widths[0])}  ${'answer'.padEnd(widths[1])}  held`,
    rule,
    ...rows.map(
      ({ what, seen, held }) =>
        `  ${what.padEnd(widths[0])}  ${seen.padEnd(widths[1])}  ${held ? 'yes' : 'no'}`,
    ),
  ].join('\n');
}
