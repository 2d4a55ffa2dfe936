import { addModuleImport } from './module-imports';

const PATH = 'src/app.module.ts';
const INVOICES = { symbol: 'InvoicesModule', file: 'src/invoices/invoices.module.ts' };
const HEAD = `import { Module } from '@nestjs/common';\nimport { UsersModule } from './users/users.module.js';\n`;
const HEAD_AFTER = `import { Module } from '@nestjs/common';\nimport { InvoicesModule } from './invoices/invoices.module.js';\nimport { UsersModule } from './users/users.module.js';\n`;

function fileWith(decorator: string, head = HEAD): string {
  return `${head}\n${decorator}\nexport class AppModule {}\n`;
}

async function edited(text: string): Promise<string> {
  const result = await addModuleImport(PATH, text, INVOICES);
  if (result.kind !== 'edited') throw new Error(JSON.stringify(result));
  return result.text;
}

/** Each shape of `imports`, before and after. */
const shapes: [name: string, before: string, after: string][] = [
  ['an empty array', '@Module({ imports: [] })', '@Module({ imports: [InvoicesModule] })'],
  [
    'an empty array with a comment',
    '@Module({ imports: [/* none yet */] })',
    '@Module({ imports: [/* none yet */ InvoicesModule] })',
  ],
  [
    'an empty array with comments on lines of their own',
    '@Module({\n  imports: [\n    // features\n  ],\n})',
    '@Module({\n  imports: [\n    // features\n    InvoicesModule,\n  ],\n})',
  ],
  [
    'one line',
    '@Module({ imports: [UsersModule] })',
    '@Module({ imports: [UsersModule, InvoicesModule] })',
  ],
  [
    'one line with a trailing comma',
    '@Module({ imports: [UsersModule,] })',
    '@Module({ imports: [UsersModule, InvoicesModule,] })',
  ],
  [
    'several lines',
    '@Module({\n  imports: [\n    UsersModule,\n    OtherModule\n  ],\n})',
    '@Module({\n  imports: [\n    UsersModule,\n    OtherModule,\n    InvoicesModule\n  ],\n})',
  ],
  [
    'several lines with a trailing comma',
    '@Module({\n\timports: [\n\t\tUsersModule,\n\t],\n})',
    '@Module({\n\timports: [\n\t\tUsersModule,\n\t\tInvoicesModule,\n\t],\n})',
  ],
  [
    'comments between and behind elements',
    '@Module({\n  imports: [\n    // people\n    UsersModule, // all of them\n    /* nothing */\n  ],\n})',
    '@Module({\n  imports: [\n    // people\n    UsersModule, // all of them\n    InvoicesModule,\n    /* nothing */\n  ],\n})',
  ],
  [
    'a comment behind the last element that has no comma',
    '@Module({\n  imports: [\n    UsersModule // people\n  ],\n})',
    '@Module({\n  imports: [\n    UsersModule, // people\n    InvoicesModule\n  ],\n})',
  ],
  [
    'a bracket on the line of the last element',
    '@Module({\n  imports: [\n    UsersModule,\n    OtherModule],\n})',
    '@Module({\n  imports: [\n    UsersModule,\n    OtherModule,\n    InvoicesModule],\n})',
  ],
  [
    'spread elements',
    '@Module({ imports: [...features, UsersModule] })',
    '@Module({ imports: [...features, UsersModule, InvoicesModule] })',
  ],
  [
    'an element that spans lines',
    '@Module({\n  imports: [UsersModule.forRoot({\n    a: [1, 2],\n  })],\n})',
    '@Module({\n  imports: [UsersModule.forRoot({\n    a: [1, 2],\n  }), InvoicesModule],\n})',
  ],
  ['a quoted key', "@Module({ 'imports': [] })", "@Module({ 'imports': [InvoicesModule] })"],
  ['a computed key', "@Module({ ['imports']: [] })", "@Module({ ['imports']: [InvoicesModule] })"],
  [
    'a template as key',
    '@Module({ [`imports`]: [] })',
    '@Module({ [`imports`]: [InvoicesModule] })',
  ],
  [
    'an escaped key',
    '@Module({ "imp\\u006frts": [] })',
    '@Module({ "imp\\u006frts": [InvoicesModule] })',
  ],
  [
    'as const',
    '@Module({ imports: [] as const })',
    '@Module({ imports: [InvoicesModule] as const })',
  ],
  [
    'satisfies, twice',
    '@Module({ imports: [] satisfies unknown[] } satisfies ModuleMetadata)',
    '@Module({ imports: [InvoicesModule] satisfies unknown[] } satisfies ModuleMetadata)',
  ],
  ['parentheses', '@Module(({ imports: ([]) }))', '@Module(({ imports: ([InvoicesModule]) }))'],
  [
    'metadata spread in front',
    '@Module({ ...base, imports: [UsersModule] })',
    '@Module({ ...base, imports: [UsersModule, InvoicesModule] })',
  ],
  [
    'no imports, one line',
    '@Module({ controllers: [A] })',
    '@Module({ imports: [InvoicesModule], controllers: [A] })',
  ],
  [
    'no imports, several lines',
    '@Module({\n  // all of it\n  controllers: [A],\n})',
    '@Module({\n  // all of it\n  imports: [InvoicesModule],\n  controllers: [A],\n})',
  ],
  ['nothing at all', '@Module({})', '@Module({ imports: [InvoicesModule] })'],
];

function crlf(text: string): string {
  return `\uFEFF${text.replaceAll('\n', '\r\n')}`;
}

describe('addModuleImport', () => {
  it.each(shapes)('edits %s', async (_, before, after) => {
    expect(await edited(fileWith(before))).toBe(fileWith(after, HEAD_AFTER));
  });

  it.each(shapes)('keeps CRLF and the byte-order mark: %s', async (_, before, after) => {
    expect(await edited(crlf(fileWith(before)))).toBe(crlf(fileWith(after, HEAD_AFTER)));
  });

  it.each(shapes)('finds nothing to do the second time: %s', async (_, before) => {
    const once = await edited(fileWith(before));
    expect(await addModuleImport(PATH, once, INVOICES)).toEqual({ kind: 'unchanged' });
  });

  it.each([
    ['shorthand', '@Module({ imports })', /not an array literal/],
    ['a variable', '@Module({ imports: features })', /not an array literal/],
    ['a call', '@Module({ imports: [A].concat(b) })', /not an array literal/],
    ['metadata spread behind', '@Module({ imports: [], ...base })', /spreads another one/],
    ['a condition', '@Module({ imports: on ? [] : [] })', /not an array literal/],
    ['a call without arguments', '@Module({ imports: getImports() })', /not an array literal/],
    ['a computed key', '@Module({ [key]: [] })', /a computed key/],
    ['a computed key behind', '@Module({ imports: [], [key]: [] })', /a computed key/],
    ['imports twice', "@Module({ imports: [], 'imports': [] })", /imports twice|syntax/],
    ['a getter', '@Module({ get imports() { return []; } })', /not an array literal/],
    ['a method', '@Module({ imports() { return []; } })', /not an array literal/],
    ['spread metadata', '@Module({ ...base })', /spreads another one/],
    ['metadata elsewhere', '@Module(metadata)', /not given an object literal/],
    ['no decorator', '', /no class has a @Module/],
    ['conflict markers', '<<<<<<< HEAD\n@Module({ imports: [] })', /syntax errors/],
    ['two modules', '@Module({})\nclass Other {}\n@Module({})', /several classes/],
  ])('does not touch %s', async (_, decorator, reason) => {
    const result = await addModuleImport(PATH, fileWith(decorator), INVOICES);
    expect(result).toEqual({ kind: 'manual', reason: expect.stringMatching(reason) });
  });

  it.each([
    ['a module of that name from elsewhere', `import { InvoicesModule } from './legacy.js';\n`],
    ['a class of that name', 'class InvoicesModule {}\n'],
    [
      'an import of the type',
      `import type { InvoicesModule } from './invoices/invoices.module.js';\n`,
    ],
  ])('does not touch a file with %s', async (_, line) => {
    const text = fileWith('@Module({ imports: [] })', HEAD + line);
    expect(await addModuleImport(PATH, text, INVOICES)).toMatchObject({ kind: 'manual' });
  });

  it('takes the alias under which the file has the module', async () => {
    const head = `${HEAD}import { InvoicesModule as Billing } from './invoices/invoices.module.js';\n`;
    expect(await edited(fileWith('@Module({ imports: [] })', head))).toBe(
      fileWith('@Module({ imports: [Billing] })', head),
    );
  });

  it('recognises a module that is wrapped', async () => {
    const head = `${HEAD}import { InvoicesModule } from './invoices/invoices.module.js';\n`;
    const text = fileWith('@Module({ imports: [forwardRef(() => InvoicesModule)] })', head);
    expect(await addModuleImport(PATH, text, INVOICES)).toEqual({ kind: 'unchanged' });
  });

  it('follows quotes, endings, semicolons and an order that is not sorted', async () => {
    const head = `import { Module } from "@nestjs/common"\nimport { UsersModule } from "./users/users.module"\nimport { A } from "./a" // last\n`;
    expect(await edited(fileWith('@Module({ imports: [] })', head))).toBe(
      fileWith(
        '@Module({ imports: [InvoicesModule] })',
        `${head}import { InvoicesModule } from "./invoices/invoices.module"\n`,
      ),
    );
  });
});
