import { parseGenerateCommand } from './generate-command';

describe('parseGenerateCommand', () => {
  it.each(['g', 'generate'])('takes "%s" with a collection', (command) => {
    expect(parseGenerateCommand([command, '@mt/schematics:app', 'shop', '--orm=drizzle'])).toEqual({
      collection: '@mt/schematics',
      schematic: 'app',
      args: ['shop', '--orm=drizzle'],
    });
  });

  it('takes flags before the schematic', () => {
    expect(parseGenerateCommand(['g', '--dry-run', './collection.json:app'])).toEqual({
      collection: './collection.json',
      schematic: 'app',
      args: ['--dry-run'],
    });
  });

  it.each([
    [['g', 'resource', 'invoices']],
    [['g', '-c', '@nestjs/schematics', 'service', 'a:b']],
    [['g', ':app']],
    [['g', '@mt/schematics:']],
    [['g']],
    [['build', '@mt/schematics:app']],
    [['new', 'shop', '-c', '@mt/schematics']],
    [[]],
  ])('leaves %j to @nestjs/cli', (argv) => {
    expect(parseGenerateCommand(argv)).toBeUndefined();
  });
});
