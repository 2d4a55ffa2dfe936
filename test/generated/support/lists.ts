import { clientsOf } from './clients';
import type { GeneratedApp } from './generate';
import { type RunningServer, startServer } from './server';

type Row = Record<string, unknown> & { id: number };
type Page = { items: Row[]; nextCursor: string | null; total?: number };

const ROWS = 60;
/** What of the samples can be null is so in every third row, and no column has a value for each row but two. */
const SORTS = [
  'id',
  '-id',
  'number',
  'title',
  '-title',
  'pages',
  'level',
  '-level',
  'views',
  '-amount',
  'ratio',
  '-ratio',
  'dueOn',
  '-dueOn',
  'opensAt',
  'issuedAt',
  '-issuedAt',
  'status',
  'contact,-number',
  '-level,ratio,-dueOn',
  'status,-title,opensAt',
  'title,-id',
];

/** Lists of the resource with a field of every type, read page by page. */
export function describeLists(getApp: () => GeneratedApp): void {
  describe('with lists', () => {
    let server: RunningServer;
    const { tenant, send } = clientsOf(getApp, () => server);

    async function post(path: string, body: unknown): Promise<void> {
      const answer = await send('lists', path, { method: 'POST', body: JSON.stringify(body) });
      expect(answer).toMatchObject({ status: 201 });
    }

    beforeAll(async () => {
      server = await startServer(getApp().directory);
      expect(tenant('create', 'lists').status).toBe(0);
      await post('/users', { name: 'Ada', email: 'ada@example.com' });
      for (let n = 1; n <= ROWS; n++) await post('/samples', sample(n));
    });
    afterAll(() => server.stop());

    async function list(query: Record<string, string | number>): Promise<Page> {
      const search = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      const { status, body } = await send('lists', `/samples?${search.toString()}`);
      expect({ status, body }).toMatchObject({ status: 200 });
      return body as Page;
    }

    async function walk(query: Record<string, string | number>): Promise<number[]> {
      const ids: number[] = [];
      let page = await list(query);
      for (;;) {
        ids.push(...idsOf(page));
        if (page.nextCursor === null) return ids;
        expect(page.items).toHaveLength(Number(query['limit']));
        page = await list({ ...query, cursor: page.nextCursor });
      }
    }

    async function refuses(query: string): Promise<void> {
      const { status, type, body } = await send('lists', `/samples?${query}`);
      expect({ status, type, body }).toMatchObject({ status: 400 });
      expect(type).toMatch(/^application\/problem\+json/);
    }

    it.each(SORTS)('finds every row once by its pages, sorted by %s', async (sort) => {
      const all = await list({ sort, limit: 100 });
      expect(all).toMatchObject({ nextCursor: null });
      expect(idsOf(all).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: ROWS }, (_, index) => index + 1),
      );
      expect(await walk({ sort, limit: 7 })).toEqual(idsOf(all));
      expect(await walk({ sort, limit: 20 })).toEqual(idsOf(all));
    });

    it.each([
      ['pages', (row: Row) => Number(row['pages'])],
      ['-amount', (row: Row) => -Number(row['amount'])],
      // As PostgreSQL has it: null is more than all.
      ['level', (row: Row) => (row['level'] === null ? Infinity : Number(row['level']))],
      ['-issuedAt', (row: Row) => -new Date(String(row['issuedAt'])).getTime()],
    ] as const)('sorts by %s', async (sort, valueOf) => {
      const { items } = await list({ sort, limit: 100 });
      const values = items.map(valueOf);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    });

    it.each<[Record<string, string | number>, (row: Row) => boolean]>([
      [{ status: 'sent' }, (row) => row['status'] === 'sent'],
      [{ isDraft: 'false' }, (row) => row['isDraft'] === false],
      [{ level: 1 }, (row) => row['level'] === 1],
      [{ ownerId: 1 }, () => true],
      [{ ownerId: 2 }, () => false],
      [{ 'pages[gte]': 2 }, (row) => Number(row['pages']) >= 2],
      [{ 'pages[gt]': 2, 'pages[lte]': 4 }, (row) => [3, 4].includes(Number(row['pages']))],
      [{ 'amount[lt]': '2.5' }, (row) => Number(row['amount']) < 2.5],
      [
        { 'dueOn[gt]': '2026-01-03' },
        ({ dueOn }) => typeof dueOn === 'string' && dueOn > '2026-01-03',
      ],
      [
        { 'issuedAt[gte]': '2026-01-01T01:00:00.003+01:00' },
        (row) => new Date(String(row['issuedAt'])) >= new Date('2026-01-01T00:00:00.003Z'),
      ],
      [
        { issuedAt: '2026-01-01T00:00:00.004Z', title: 'B' },
        (row) => row['issuedAt'] === '2026-01-01T00:00:00.004Z' && row['title'] === 'B',
      ],
      [
        { 'views[lte]': '9007199254740993' },
        (row) => BigInt(String(row['views'])) <= 2n ** 53n + 1n,
      ],
    ])('filters by %j, sorted and page by page', async (filters, isWanted) => {
      const { items: every } = await list({ limit: 100 });
      const wanted = every.filter(isWanted).map(({ id }) => id);
      expect(await list({ ...filters, limit: 100, withTotal: 'true' })).toMatchObject({
        total: wanted.length,
        nextCursor: null,
      });
      expect(await walk({ ...filters, limit: 3 })).toEqual(wanted);
      // A filter and the cursor may be of one column.
      const ids = await walk({ ...filters, limit: 3, sort: '-pages,amount,dueOn,issuedAt,level' });
      expect(ids.toSorted((a, b) => a - b)).toEqual(wanted);
    });

    it('takes one of several values', async () => {
      const { body } = await send('lists', '/samples?status=sent&status=paid&limit=100');
      const found = (body as Page).items.map(({ status }) => status);
      expect(new Set(found)).toEqual(new Set(['sent', 'paid']));
    });

    it.each([
      'status=lost',
      'pages=x',
      'pages=',
      'pages[gte]=1&pages[gte]=2',
      'pages[in]=1',
      'amount[gte]=1e3',
      'dueOn[lt]=2026-02-30',
      'isDraft=1',
      'meta=x',
      'notes=x',
      '__proto__[x]=1',
      'status[lt]=sent',
      'sort=notes',
      'sort=pages,-pages',
      'sort=',
      'sort=id&sort=pages',
      'sort=constructor',
      'withTotal=1',
      'cursor=x',
      'cursor=',
      'cursor=W10',
      `cursor=${Buffer.from('["id",{"a":1}]').toString('base64url')}`,
      `cursor=${Buffer.from('["id","x"]').toString('base64url')}`,
      `sort=-issuedAt&cursor=${Buffer.from('["-issuedAt,id","x",1]').toString('base64url')}`,
      `sort=-issuedAt&cursor=${Buffer.from('["-issuedAt,id",5,1]').toString('base64url')}`,
      `cursor=${Buffer.from('["-pages,id",1,1]').toString('base64url')}`,
    ])('refuses ?%s', refuses);

    it('refuses a cursor that is too long', () => refuses(`cursor=${'x'.repeat(9000)}`));

    it('refuses more values than it looks for', () =>
      refuses(Array.from({ length: 101 }, () => 'status=sent').join('&')));
  });
}

function idsOf({ items }: Page): number[] {
  return items.map(({ id }) => id);
}

function sample(n: number): Record<string, unknown> {
  const some = <T>(value: T): T | null => (n % 3 === 0 ? null : value);
  return {
    number: `N${(n * 7) % ROWS}`,
    title: ['a', 'B', 'ä'][n % 3],
    pages: 1 + (n % 5),
    level: some(n % 4),
    views: String(2n ** 53n + BigInt(n % 3)),
    amount: `${n % 4}.${n % 2 === 0 ? '50' : '05'}`,
    ratio: some((n % 7) / 10),
    isDraft: n % 2 === 0,
    dueOn: some(`2026-01-0${1 + (n % 6)}`),
    opensAt: n % 5 === 0 ? null : `08:00:0${n % 4}`,
    issuedAt: `2026-01-01T00:00:00.00${n % 10}Z`,
    status: ['draft', 'sent', 'paid'][n % 3],
    contact: n % 4 === 0 ? null : `c${n % 3}@example.com`,
    code: `C${n}`,
    tags: [],
    ownerId: 1,
  };
}
