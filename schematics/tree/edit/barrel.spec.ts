import { addBarrelExport } from './barrel';

const PATH = 'src/database/schema.ts';
const INVOICES = { file: 'src/invoices/invoices.table.ts' };
const LINE = `export * from '../invoices/invoices.table.js';\n`;

async function edited(
  text: string,
  reference: { file: string; symbol?: string } = INVOICES,
): Promise<string> {
  const result = await addBarrelExport(PATH, text, reference);
  if (result.kind !== 'edited') throw new Error(JSON.stringify(result));
  return result.text;
}

const accounts = `export * from '../accounts/accounts.table.js';\n`;
const users = `export * from '../users/users.table.js';\n`;

function crlf(text: string): string {
  return `\uFEFF${text.replaceAll('\n', '\r\n')}`;
}

describe('addBarrelExport', () => {
  it.each([
    ['an empty file', '', LINE],
    ['the middle', accounts + users, accounts + LINE + users],
    ['the beginning', users, LINE + users],
    ['the end', accounts, accounts + LINE],
    ['the end when the lines are not sorted', users + accounts, users + accounts + LINE],
    ['behind a comment', `${accounts.trim()} // money\n`, `${accounts.trim()} // money\n${LINE}`],
    ['a last line without an end', accounts.trim(), accounts + LINE.trim()],
  ])('adds a line at %s', async (_, before, after) => {
    expect(await edited(before)).toBe(after);
    expect(await addBarrelExport(PATH, after, INVOICES)).toEqual({ kind: 'unchanged' });
  });

  it('keeps CRLF and the byte-order mark', async () => {
    expect(await edited(crlf(accounts + users))).toBe(crlf(accounts + LINE + users));
  });

  it('exports one symbol by name', async () => {
    expect(await edited('', { file: 'src/database/7-create.ts', symbol: 'Create7' })).toBe(
      `export { Create7 } from './7-create.js';\n`,
    );
  });

  it('leaves a selective export of the user alone', async () => {
    const text = `export { invoices } from '../invoices/invoices.table.js';\n`;
    expect(await addBarrelExport(PATH, text, INVOICES)).toEqual({ kind: 'unchanged' });
  });
});
