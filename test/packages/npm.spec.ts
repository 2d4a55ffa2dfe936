import { npm } from '../../scripts/npm.mjs';

const windows = (script?: string) =>
  ({
    platform: 'win32',
    execPath: 'C:\\Program Files\\R&D\\node.exe',
    env: { npm_execpath: script },
  }) as const;
const ARGS = ['pack', '--pack-destination', 'D:\\it’s "R&D" %PATH%'];

describe('how scripts start npm', () => {
  it('is by its name where that is a program', () => {
    expect(npm(ARGS)).toEqual(['npm', ARGS]);
  });

  it('is by Node on Windows, which reads nothing in the arguments', () => {
    const script = 'C:\\Users\\Ann & Bob\\npm\\bin\\npm-cli.js';
    expect(npm(ARGS, windows(script))).toEqual([
      'C:\\Program Files\\R&D\\node.exe',
      [script, ...ARGS],
    ]);
  });

  it.each([undefined, 'C:\\pnpm.cjs'])('says what to type where %s has started it', (script) => {
    expect(() => npm(ARGS, windows(script))).toThrow('npm run');
  });
});
