import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const SCRIPT = join(ROOT, 'scripts/new.mjs');

/** As npm runs it: at the root of the package, and telling where it was typed. */
const run = (typedIn: string, ...args: string[]) =>
  spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: typedIn },
  });

describe('npm run new', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mt new '));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes an application where it was typed, with packed copies of the packages', () => {
    const { status, stdout, stderr } = run(
      folder,
      'apps/shop',
      '--orm=typeorm',
      '--skip-install',
      '--skip-git',
    );
    expect(stderr).toBe('');
    expect(stdout).toContain('Next:\n  cd shop\n  npm install\n');
    expect(status).toBe(0);
    const app = join(folder, 'apps/shop');
    const { dependencies, scripts } = JSON.parse(
      readFileSync(join(app, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'scripts', Record<string, string>>;
    const tarball = dependencies['@mt/runtime']?.replace('file:', '') ?? '';
    expect(existsSync(join(app, tarball))).toBe(true);
    expect(scripts['resource']).toBe('mt g @mt/schematics:resource');
  });

  it('says what it wants', () => {
    expect(run(folder).stderr).toContain('Usage: npm run new -- PATH');
    expect(run(folder).status).toBe(2);
    expect(run(folder, 'Bad Name!').status).toBe(1);
  });
});
