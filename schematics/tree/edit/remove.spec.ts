import { removeBarrelExport } from './remove-barrel-export';
import { removeModuleImport } from './remove-module-import';

const MODULE = { symbol: 'InvoicesModule', file: 'src/invoices/invoices.module.ts' };
const IMPORT = "import { InvoicesModule } from './invoices/invoices.module.js';\n";
const REST = 'export class AppModule {}\n';

const remove = (text: string) => removeModuleImport('src/app.module.ts', text, MODULE);

describe('a module is taken out', () => {
  it.each([
    ['in one line', '@Module({ imports: [A, InvoicesModule, B] })', '@Module({ imports: [A, B] })'],
    ['first', '@Module({ imports: [InvoicesModule, B] })', '@Module({ imports: [B] })'],
    ['last', '@Module({ imports: [A, InvoicesModule] })', '@Module({ imports: [A] })'],
    ['with a comma', '@Module({ imports: [A, InvoicesModule,] })', '@Module({ imports: [A, ] })'],
    ['alone', '@Module({ imports: [InvoicesModule] })', '@Module({ imports: [] })'],
    [
      'on a line of its own',
      '@Module({\n\timports: [\n\t\tA,\n\t\tInvoicesModule,\n\t\tB, // ours\n\t],\n})',
      '@Module({\n\timports: [\n\t\tA,\n\t\tB, // ours\n\t],\n})',
    ],
    [
      'between comments',
      '@Module({\n  imports: [\n    InvoicesModule, // billing\n    // Users come last.\n    B,\n  ],\n})',
      '@Module({\n  imports: [\n     // billing\n    // Users come last.\n    B,\n  ],\n})',
    ],
    [
      'of two lists',
      '@Module({ imports: [A, InvoicesModule], exports: [InvoicesModule] })',
      '@Module({ imports: [A], exports: [] })',
    ],
  ])('%s', async (_where, before, after) => {
    expect(await remove(`${IMPORT}${before}\n${REST}`)).toEqual({
      kind: 'edited',
      text: `${after}\n${REST}`,
    });
  });

  it('from files with CRLF and a byte-order mark', async () => {
    const text = `\uFEFFimport { A } from './a.js';\r\n${IMPORT.replace('\n', '\r\n')}@Module({ imports: [A, InvoicesModule] })\r\nexport class X {}\r\n`;
    expect(await remove(text)).toEqual({
      kind: 'edited',
      text: "\uFEFFimport { A } from './a.js';\r\n@Module({ imports: [A] })\r\nexport class X {}\r\n",
    });
  });

  it.each([
    ['wrapped', '@Module({ imports: [forwardRef(() => InvoicesModule)] })'],
    ['beside a comment', '@Module({ imports: [InvoicesModule /* billing */, B] })'],
    ['behind a comment', '@Module({ imports: [\n  A, // first\n  InvoicesModule\n] })'],
    ['part of an element', "const all = { list: [[InvoicesModule, 'billing'], 1] };"],
    ['used elsewhere', '@Module({ imports: [InvoicesModule] })\nconst own = InvoicesModule.name;'],
  ])('not where it is %s', async (_how, text) => {
    expect(await remove(`${IMPORT}${text}\n${REST}`)).toMatchObject({ kind: 'manual' });
  });

  it('not where more is imported with it', async () => {
    const text = `${IMPORT.replace('{ ', '{ INVOICES, ')}@Module({ imports: [InvoicesModule] })\n${REST}`;
    expect(await remove(text)).toMatchObject({ kind: 'manual' });
  });

  it('where it is, and nothing where it is not', async () => {
    expect(await remove(`@Module({})\n${REST}`)).toEqual({ kind: 'unchanged' });
    expect(await remove(`${IMPORT}@Module({`)).toMatchObject({ kind: 'manual' });
  });
});

describe('a file is taken out of a barrel', () => {
  const take = (text: string) =>
    removeBarrelExport('src/database/schema.ts', text, { file: 'src/invoices/invoices.table.ts' });

  it.each([
    [
      "export * from '../a.js';\nexport * from '../invoices/invoices.table.js';\n",
      "export * from '../a.js';\n",
    ],
    [
      "export * from '../invoices/invoices.table.js'\nexport * from '../b.js'\n",
      "export * from '../b.js'\n",
    ],
    [
      "export { invoices } from '../invoices/invoices.table.js'; export * from '../b.js';\n",
      " export * from '../b.js';\n",
    ],
  ])('%j', async (before, after) => {
    expect(await take(before)).toEqual({ kind: 'edited', text: after });
  });

  it('not where the barrel imports it, too', async () => {
    const text =
      "import { invoices } from '../invoices/invoices.table.js';\nexport * from '../invoices/invoices.table.js';\n";
    expect(await take(text)).toMatchObject({ kind: 'manual' });
    expect(await take("export * from '../a.js';\n")).toEqual({ kind: 'unchanged' });
  });
});
