import * as fc from 'fast-check';
import { ConfigurationError, InvalidTenantSlugError } from '../errors.js';
import { parseSchemaPrefix, schemaNameFor } from './schema-name.js';
import { parseTenantSlug } from './slug.js';

const slug = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 5 })
  .chain((parts) =>
    fc
      .array(fc.constantFrom('-', '_'), { minLength: parts.length, maxLength: parts.length })
      .map((separators) => parts.map((part, i) => (i ? separators[i] : '') + part).join('')),
  );

describe('a slug', () => {
  it.each(['acme', 'acme-eu', 'a_b', '1', 'a'.repeat(63)])('may be %j', (value) => {
    expect(parseTenantSlug(value)).toBe(value);
  });

  it.each([
    '../x',
    'a"b',
    'a'.repeat(64),
    'Acme',
    'ünicode',
    '',
    ' acme',
    'acme\n',
    '-a',
    'a-',
    'a--b',
    'a-_b',
    'a,b',
    'a;drop',
    ['acme', 'globex'],
    ['acme'],
    undefined,
    null,
    1,
    {},
  ])('may not be %j', (value) => {
    expect(() => parseTenantSlug(value)).toThrow(InvalidTenantSlugError);
  });

  it('is never repaired: any text is refused or returned as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        let parsed: string | undefined;
        try {
          parsed = parseTenantSlug(value);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTenantSlugError);
        }
        if (parsed !== undefined) expect(parsed).toBe(value);
      }),
    );
  });
});

describe('a schema name', () => {
  it('is a plain identifier, and another one for another slug', () => {
    fc.assert(
      fc.property(slug, slug, (one, other) => {
        fc.pre(one !== other);
        expect(parseTenantSlug(one)).toBe(one);
        expect(schemaNameFor(one)).toMatch(/^tenant_[a-z0-9_]+$/);
        expect(schemaNameFor(one)).not.toBe(schemaNameFor(other));
      }),
      { numRuns: 2_000 },
    );
    expect(schemaNameFor('a-b')).toBe('tenant_a_b');
    expect(schemaNameFor('a_b')).toBe('tenant_a__b');
  });

  it('fits into the 63 bytes of PostgreSQL for every slug there can be', () => {
    expect(schemaNameFor('a'.repeat(56))).toBe(`tenant_${'a'.repeat(56)}`);
    for (const one of [
      'a'.repeat(57),
      'a'.repeat(63),
      `${'a_'.repeat(31)}b`,
      `${'a'.repeat(40)}_b-c`,
    ]) {
      expect(parseTenantSlug(one)).toBe(one);
      const schema = schemaNameFor(one, `${'p'.repeat(19)}_`);
      expect(schema.length).toBeLessThanOrEqual(63);
      expect(schema).toMatch(/^p{19}_[a-z0-9_]*[a-z0-9]___[0-9a-f]{12}$/);
    }
  });

  it('is another one for another slug, also where both are cut short', () => {
    const long = fc
      .tuple(fc.constant('a'.repeat(45)), slug)
      .map(([start, end]) => `${start}-${end}`);
    fc.assert(
      fc.property(long, fc.oneof(long, slug), (one, other) => {
        fc.pre(one !== other && one.length <= 63);
        expect(schemaNameFor(one)).not.toBe(schemaNameFor(other));
        // A slug that is written like a name that was cut short does not get that name.
        const written = schemaNameFor(one).slice('tenant_'.length).replace(/_+/g, '-');
        if (written !== one) expect(schemaNameFor(written)).not.toBe(schemaNameFor(one));
      }),
    );
  });

  it.each(['', 'tenant', 'pg_', 'information_', 'Tenant_', 'a"_', '1_', 'a'.repeat(30) + '_'])(
    'may not begin with %j',
    (prefix) => {
      expect(() => parseSchemaPrefix(prefix)).toThrow(ConfigurationError);
    },
  );
});
