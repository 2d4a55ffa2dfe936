import { mergeFiles, renderText } from './render';

describe('renderText', () => {
  it('does not escape code', () => {
    expect(renderText(`const a = '{{a}}';`, { a: `<'&">` })).toBe(`const a = '<'&">';`);
  });

  it('fails on a name that the view model lacks', () => {
    expect(() => renderText('{{missing}}', {})).toThrow(/missing/);
  });

  it('renders conditions and lists of plain objects', () => {
    const template = '{{#each items}}{{name}}{{#unless @last}}, {{/unless}}{{/each}}';
    expect(renderText(template, { items: [{ name: 'a' }, { name: 'b' }] })).toBe('a, b');
  });
});

describe('mergeFiles', () => {
  it('lets the later file win', () => {
    const merged = mergeFiles(new Map([['a', '1']]), new Map([['a', '2']]));
    expect([...merged]).toEqual([['a', '2']]);
  });
});
