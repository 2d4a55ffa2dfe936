import { nestCommand } from './nest-command';

describe('nestCommand', () => {
  it('needs nothing with npm, which links our command by itself', () => {
    expect(nestCommand('npm')).toEqual({ devDependencies: {}, files: [] });
  });

  it.each([
    ['pnpm', 'link:.mt/nest'],
    ['yarn', 'file:.mt/nest'],
  ])('adds a package of the name of the command for %s', (packageManager, spec) => {
    const { devDependencies, files } = nestCommand(packageManager);
    expect(devDependencies).toEqual({ nest: spec });
    const manifest = files.find(({ path }) => path === '.mt/nest/package.json');
    expect(JSON.parse(manifest?.content ?? '')).toMatchObject({
      name: 'nest',
      bin: { nest: 'nest.js' },
    });
    expect(files.map(({ path }) => path)).toContain('.mt/nest/nest.js');
  });
});
