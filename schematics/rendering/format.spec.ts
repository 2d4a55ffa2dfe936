import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tree } from '@angular-devkit/schematics';
import { formatFiles, keepFormatted, newProjectFormat, projectFormat } from './format';

const files = new Map([
  ['src/a.ts', 'const a = "a"'],
  ['a.sql', 'select   1'],
]);

describe('formatFiles', () => {
  it('formats for a project that does not exist yet by its .prettierrc', async () => {
    const formatted = await formatFiles(
      files,
      newProjectFormat('{ "singleQuote": true, "semi": false }'),
    );
    expect(formatted.get('src/a.ts')).toBe("const a = 'a'\n");
  });

  it('leaves alone what Prettier has no parser for', async () => {
    const formatted = await formatFiles(files, newProjectFormat('{}'));
    expect(formatted.get('a.sql')).toBe('select   1');
  });

  it('finds the configuration of a project on the disk, overrides and .editorconfig included', async () => {
    const root = mkdtempSync(join(tmpdir(), 'format-'));
    try {
      mkdirSync(join(root, '.mt'));
      writeFileSync(join(root, '.mt/app.json'), '{}');
      writeFileSync(join(root, '.editorconfig'), 'root = true\n[*]\nindent_style = tab\n');
      writeFileSync(
        join(root, '.prettierrc'),
        '{ "overrides": [{ "files": "*.ts", "options": { "singleQuote": true } }] }',
      );
      const formatted = await formatFiles(
        new Map([['a.ts', 'if (a) { b("c") }']]),
        projectFormat(Tree.empty(), root),
      );
      expect(formatted.get('a.ts')).toBe("if (a) {\n\tb('c');\n}\n");
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('reads the tree when the project is not on the disk', async () => {
    const tree = Tree.empty();
    tree.create('.prettierrc', '{ "singleQuote": true }');
    const formatted = await formatFiles(files, projectFormat(tree, tmpdir()));
    expect(formatted.get('src/a.ts')).toBe("const a = 'a';\n");
  });
});

describe('keepFormatted', () => {
  const config = newProjectFormat('{}');

  it('formats what was formatted', async () => {
    expect(await keepFormatted('a.ts', 'a([b]);\n', 'a([b,  c]);\n', config)).toBe('a([b, c]);\n');
  });

  it.each(['a( [b]);\n', 'a([b]);\r\n'])(
    'leaves the hand of the user alone: %j',
    async (before) => {
      const after = before.replace('b', 'b,  c');
      expect(await keepFormatted('a.ts', before, after, config)).toBe(after);
    },
  );
});
