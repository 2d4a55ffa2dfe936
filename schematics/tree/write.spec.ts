import { virtualFs } from '@angular-devkit/core';
import { HostTree } from '@angular-devkit/schematics';
import { writeFiles } from './write';

function treeWith(path: string, text: string): HostTree {
  return new HostTree(new virtualFs.test.TestHost({ [path]: text }));
}

describe('writeFiles', () => {
  it('creates what is missing', () => {
    const tree = new HostTree();
    expect(writeFiles(tree, new Map([['a.ts', 'a\n']]))).toEqual([]);
    expect(tree.readText('a.ts')).toBe('a\n');
  });

  it.each(['a\nb\n', 'a\r\nb\r\n', '\uFEFFa\r\nb\r\n'])(
    'leaves the same content alone: %j',
    (text) => {
      const tree = treeWith('a.ts', text);
      const files = new Map([['a.ts', 'a\nb\n']]);
      expect(writeFiles(tree, files)).toEqual([]);
      expect(writeFiles(tree, files, { existing: 'replace' })).toEqual([]);
      expect(tree.actions).toHaveLength(0);
    },
  );

  it('keeps a file that differs, unless told to replace it', () => {
    const tree = treeWith('a.ts', 'mine\n');
    expect(writeFiles(tree, new Map([['a.ts', 'theirs\n']]))).toEqual(['a.ts']);
    expect(tree.actions).toHaveLength(0);
  });

  it('replaces in the line endings and with the byte-order mark that the file had', () => {
    const tree = treeWith('a.ts', '\uFEFFa\r\nb\r\n');
    const files = new Map([['a.ts', 'c\nd\n']]);
    expect(writeFiles(tree, files, { existing: 'replace' })).toEqual([]);
    expect(tree.read('a.ts')?.toString('utf8')).toBe('\uFEFFc\r\nd\r\n');
  });
});
