import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

it('docs/schematics.md has the options and types that there are', () => {
  const script = join(__dirname, '..', 'scripts', 'schematics-docs.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
