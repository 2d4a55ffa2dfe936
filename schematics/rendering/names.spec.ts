import { nameForms, resourceNames, splitWords } from './names';

describe('splitWords', () => {
  it.each([
    ['invoices', 'invoices'],
    ['purchaseOrder', 'purchase order'],
    ['purchase_order', 'purchase order'],
    ['purchase-order', 'purchase order'],
    ['Purchase Order', 'purchase order'],
    ['HTTPServer', 'http server'],
    ['HTTPServers', 'http servers'],
    ['userIDs', 'user ids'],
    ['URLs', 'urls'],
    ['APIKeys', 'api keys'],
    ['oauth2Token', 'oauth2 token'],
    ['ABTest', 'ab test'],
  ])('%s → %s', (name, words) => {
    expect(splitWords(name).join(' ')).toBe(words);
  });
});

describe('nameForms', () => {
  it('has servers in a folder of their own, and none in that of the application', () => {
    expect(resourceNames('servers').plural.kebab).toBe('servers');
    expect(() => resourceNames('server', { plural: 'server' })).toThrow(/has a part of that name/);
  });

  it('spells a name in every way', () => {
    expect(nameForms(['purchase', 'order'])).toEqual({
      kebab: 'purchase-order',
      camel: 'purchaseOrder',
      pascal: 'PurchaseOrder',
      constant: 'PURCHASE_ORDER',
      snake: 'purchase_order',
      words: 'purchase order',
    });
  });
});

describe('resourceNames', () => {
  it.each([
    ['invoices', 'invoice', 'invoices'],
    ['invoice', 'invoice', 'invoices'],
    ['HTTPServer', 'http-server', 'http-servers'],
    ['people', 'person', 'people'],
    ['sales-news', 'sales-news', 'sales-news'],
    ['news', 'news', 'news'],
    ['series', 'series', 'series'],
    ['media', 'media', 'media'],
    ['data', 'data', 'data'],
    ['criteria', 'criteria', 'criteria'],
    ['status', 'status', 'statuses'],
    ['statuses', 'status', 'statuses'],
    ['caches', 'cache', 'caches'],
    ['cookies', 'cookie', 'cookies'],
    ['canvas', 'canvas', 'canvases'],
    ['analyses', 'analysis', 'analyses'],
    ['addresses', 'address', 'addresses'],
    ['schemas', 'schema', 'schemas'],
    ['categories', 'category', 'categories'],
    ['packages', 'package', 'packages'],
    ['user', 'user', 'users'],
    ['order', 'order', 'orders'],
  ])('%s → %s, %s', (name, singular, plural) => {
    const names = resourceNames(name);
    expect([names.singular.kebab, names.plural.kebab]).toEqual([singular, plural]);
  });

  it('takes the word of the user for either form', () => {
    const names = resourceNames('octopus', { plural: 'octopodes', singular: 'octopus' });
    expect(names.plural.pascal).toBe('Octopodes');
    expect(names.singular.pascal).toBe('Octopus');
  });

  it.each([
    [undefined, /name is missing/],
    ['', /name is missing/],
    ['   ', /does not begin with a letter/],
    [7, /not text/],
    ['../x', /directly under src\/. Use "x"/],
    ['billing/invoices', /directly under src\/. Use "billing-invoices"/],
    ['a"b', /characters other than/],
    ['naïve', /characters other than/],
    ['a\nb', /characters other than/],
    ['$tenant', /characters other than/],
    ['2fa-codes', /does not begin with a letter/],
    ['-', /does not begin with a letter/],
    ['x'.repeat(100), /longer than 40/],
    ['objects', /class Object would hide/],
    ['modules', /class Module would hide/],
    ['repositories', /class Repository would hide/],
    ['tenancy', /has a part of that name/],
    ['config', /has a part of that name/],
    ['migrations', /has a part of that name/],
    ['database', /has a part of that name/],
  ])('refuses %j in one line', (name, message) => {
    const attempt = (): unknown => resourceNames(name);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(/^[^\n]*$/);
  });

  it('refuses overrides that are no names', () => {
    expect(() => resourceNames('octopus', { plural: 'a/b' })).toThrow(/--plural/);
  });
});
