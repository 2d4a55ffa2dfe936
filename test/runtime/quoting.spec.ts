import * as fc from 'fast-check';
import { InvalidIdentifierError, quoteIdentifier, runWithTenant, type Tenant } from '@mt/runtime';
import { searchPath } from '../../src/lib/scope/search-path.js';
import { quoteLiteral } from '../../src/lib/sql/identifier.js';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy({ max: 1 });
let acme: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

/** One connection for all of it. */
const query = <R extends Record<string, unknown>>(text: string, values?: unknown[]) =>
  tenancy.database.query<R>(text, values);

/** Any text that PostgreSQL can hold, and more often what means something in SQL. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', "'", '\\', ',', '.', ';', ' ', '$user', '$', '/*', '--', '\n', '\t'),
      fc.constantFrom('a', 'B', 'é', 'e\u0301', '😀', '\u00a0', '\ufeff', '\u202e', '\uffff', 'İ'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

/** Names that may be a schema's: not those that the server keeps for itself. */
const schemaName = anyText.filter(
  (name) =>
    name !== '' &&
    Buffer.byteLength(name) <= 63 &&
    !name.startsWith('pg_') &&
    // In a search path, and even in quotes, this is the schema that is called like the role.
    name !== '$user' &&
    !['public', 'information_schema', acme.schema].includes(name),
);

it('quotes names so that the server gets those names', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(schemaName, { minLength: 1, maxLength: 8 }), async (names) => {
      await query('begin');
      try {
        await query(names.map((name) => `create schema ${quoteIdentifier(name)}`).join(';'));
        const rows = await query<{ nspname: string }>(
          `select nspname from pg_namespace where xmin = pg_current_xact_id()::xid`,
        );
        expect(rows.map(({ nspname }) => nspname).toSorted()).toEqual(names.toSorted());
      } finally {
        await query('rollback');
      }
    }),
    { numRuns: 150 },
  );
});

it('quotes names of 63 bytes whole, and refuses those that the server would cut short', async () => {
  const character = fc.constantFrom('a', '"', 'é', '€', '😀');
  await fc.assert(
    fc.asyncProperty(fc.array(character, { minLength: 16, maxLength: 70 }), async (characters) => {
      const name = characters.join('');
      const written = `"${name.replaceAll('"', '""')}"`;
      const [row = {}] = await query(`select 1 as ${written}`);
      if (name in row) expect(quoteIdentifier(name)).toBe(written);
      else expect(() => quoteIdentifier(name)).toThrow(InvalidIdentifierError);
    }),
    { numRuns: 200 },
  );
});

it.each(['on', 'off'])(
  'quotes text so that it comes back, with standard_conforming_strings = %s',
  async (setting) => {
    await query(`set standard_conforming_strings = ${setting}`);
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 10 }), async (texts) => {
        const list = texts.map((text) => quoteLiteral(text)).join(',');
        const rows = await query<{ back: string[] }>(`select array[${list}] as back`);
        expect(rows).toEqual([{ back: texts }]);
      }),
      { numRuns: 200 },
    );
    await query('reset standard_conforming_strings');
  },
);

describe('the search path of a tenant', () => {
  /** Schemas that a path would lead to if its name were not read as one. */
  const strays = (name: string) =>
    new Set([
      'public',
      ...name.split(/[,"\s]+/).filter((part) => part !== '' && !/^(?:pg_|\$user$)/.test(part)),
      name.toLowerCase(),
      name.trim(),
      name.replaceAll('"', ''),
      name.replaceAll('""', '"'),
      `"${name.slice(0, 40)}"`,
      Buffer.from(name).subarray(0, 62).toString().replace('\ufffd', ''),
    ]);

  const createProbe = (schema: string) =>
    `create schema if not exists ${quoteIdentifier(schema)};
     create table ${quoteIdentifier(schema)}.probe as select ${quoteLiteral(schema)} as whose;`;

  it('is that one schema for the server, beside its own, as a literal and as a parameter', async () => {
    await fc.assert(
      fc.asyncProperty(schemaName, async (schema) => {
        const path = searchPath({ schema }, []);
        await query('begin');
        try {
          await query(`create schema ${quoteIdentifier(schema)}`);
          for (const [value, values] of [
            [quoteLiteral(path), []],
            ['$1', [path]],
          ] as const) {
            await query(`set local search_path to public`);
            await query(`select set_config('search_path', ${value}, true)`, [...values]);
            const rows = await query(
              `select current_setting('search_path') as path, current_schemas(false)::text[] as schemas`,
            );
            expect(rows).toEqual([{ path, schemas: [schema, 'pg_catalog'] }]);
          }
        } finally {
          await query('rollback');
        }
      }),
      { numRuns: 150 },
    );
  });

  it('finds what is in its schema, and nothing in one that is called nearly so', async () => {
    const whose = (tenant: Tenant, text: string) =>
      runWithTenant(tenant, () => tenancy.connections.pool.query<{ whose: string }>(text));
    await fc.assert(
      fc.asyncProperty(schemaName, async (schema) => {
        const tenant = { ...acme, schema };
        const others = [...strays(schema)].filter(
          (name) => name !== schema && name !== '' && Buffer.byteLength(name) <= 63,
        );
        const all = [...others, schema];
        await query(all.map(createProbe).join(''));
        try {
          for (const text of ['select whose from probe', 'select whose from "$tenant".probe']) {
            expect((await whose(tenant, text)).rows).toEqual([{ whose: schema }]);
          }
          const several: unknown = await whose(tenant, 'select whose from probe; select 1');
          expect(several).toMatchObject([{ rows: [{ whose: schema }] }, {}]);
          await query(`drop table ${quoteIdentifier(schema)}.probe`);
          for (const text of ['select whose from probe', 'select whose from probe; select 1']) {
            await expect(whose(tenant, text)).rejects.toMatchObject({ code: '42P01' });
          }
        } finally {
          await query(
            all
              .map((name) =>
                name === 'public'
                  ? 'drop table public.probe;'
                  : `drop schema ${quoteIdentifier(name)} cascade;`,
              )
              .join(''),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});
