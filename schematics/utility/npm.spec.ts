import { npmCommand, type Machine } from './npm';

const NODE = 'C:\\Program Files\\R&D "new"\\node.exe';
const BESIDE_NODE = 'C:\\Program Files\\R&D "new"\\node_modules\\npm\\bin\\npm-cli.js';
const RUNNING = 'D:\\it’s %HOME% & more\\npm-cli.js';
const ON_PATH = 'C:\\nvm (x86)\\node_modules\\npm\\bin\\npm-cli.js';

const windows = (there: string[], env: NodeJS.ProcessEnv = {}): Machine => ({
  platform: 'win32',
  execPath: NODE,
  env,
  exists: (path) => there.includes(path),
});

describe('npmCommand', () => {
  it('is npm by its name where that is a program', () => {
    expect(npmCommand()).toEqual({ program: 'npm', args: [] });
  });

  it.each([
    ['beside Node', BESIDE_NODE, windows([BESIDE_NODE, ON_PATH], { PATH: 'C:\\nvm (x86)' })],
    ['on the PATH', ON_PATH, windows([ON_PATH], { PATH: 'C:\\x;"C:\\nvm (x86)"' })],
    ['that runs', RUNNING, windows([RUNNING, BESIDE_NODE], { npm_execpath: RUNNING })],
    [
      'beside Node, where pnpm runs',
      BESIDE_NODE,
      windows([BESIDE_NODE, 'C:\\pnpm.cjs'], { npm_execpath: 'C:\\pnpm.cjs' }),
    ],
  ])('is the script of npm %s on Windows, with the path as it is', (_, script, machine) => {
    expect(npmCommand(machine)).toEqual({ program: NODE, args: [script] });
  });

  it('says what is missing', () => {
    expect(() => npmCommand(windows([]))).toThrow('npm is found neither beside Node');
  });
});
