import { checkPayload, parseChange } from './change-notifications.js';
import { changeChannel } from './control-tables.js';

describe('the channel', () => {
  it('is named after the control schema', () => {
    expect(changeChannel('tenancy')).toBe('tenancy.tenants');
  });

  it('is never longer than PostgreSQL takes', () => {
    expect(changeChannel('a'.repeat(63))).toBe(`${'a'.repeat(55)}.tenants`);
  });
});

describe('a notification', () => {
  it('names tenants', () => {
    const slugs = ['acme', 'acme-eu'];
    expect(parseChange(JSON.stringify({ slugs }))).toEqual({ kind: 'some', slugs });
  });

  it('is somebody’s check', () => {
    expect(parseChange(checkPayload('1'))).toEqual({ kind: 'check', id: '1' });
  });

  it.each([
    '',
    '{"all":true}',
    '{',
    'null',
    '1',
    '"acme"',
    '[]',
    '{"slugs":"acme"}',
    '{"slugs":[1]}',
  ])('means all tenants where it is %j', (payload) => {
    expect(parseChange(payload)).toEqual({ kind: 'all' });
  });
});
