import { resourceNames } from '../names';
import type { Orm } from '../../utility/project';
import type { RenderedFiles } from '../render';
import { DEFAULT_FIELDS, type ResourceField } from './field';
import { parseFields } from './grammar';
import { renderResource } from './render-resource';
import type { RenderedResource } from './types';

const NOW = Date.UTC(2026, 0, 1);

interface Given {
  readonly files?: RenderedFiles;
  readonly fields?: readonly ResourceField[];
  readonly now?: number;
}

function render(
  orm: Orm,
  name: string,
  { files = new Map(), fields = DEFAULT_FIELDS, now = NOW }: Given = {},
): RenderedResource {
  return renderResource({ names: resourceNames(name), fields, orm, migrations: { files, now } });
}

function everything({ code, migration, journal }: RenderedResource): Map<string, string> {
  return new Map([...code, ...migration, ...journal]);
}

describe.each<Orm>(['drizzle', 'typeorm'])('renderResource (%s)', (orm) => {
  it('gives the same files for the same input', () => {
    expect(render(orm, 'invoices')).toEqual(render(orm, 'invoice'));
  });

  it('writes no second migration for a table that has one', () => {
    const files = everything(render(orm, 'invoices'));
    const again = render(orm, 'invoices', { files });
    expect(again.migration.size + again.journal.size).toBe(0);
    expect([...again.code.keys()].filter((path) => path.includes('migrations/'))).toEqual([]);
  });

  it('has a column of its own name for a field of several words', () => {
    const fields = parseFields('vatNumber:string(20):unique', 'fields');
    const files = everything(render(orm, 'customers', { fields }));
    const all = [...files.values()].join('\n');
    expect(files.get('src/customers/dto/create-customer.dto.ts')).toContain('vatNumber!: string;');
    expect(all).toContain('"vat_number"');
    expect(all).not.toContain('"vatNumber"');
  });

  it('calls a row otherwise than its table, and never by a reserved word', () => {
    const service = (name: string): string =>
      render(orm, name).code.get(`src/${name}/${name}.service.ts`) ?? '';
    if (orm === 'drizzle') {
      expect(service('news')).toContain('const [newsRow] = await this.db.select().from(news)');
      expect(service('packages')).toContain('const [packageRow]');
    } else {
      expect(service('packages')).toContain('const packageRow = ');
    }
  });

  it('moves behind the last migration, also where that is ahead of the clock', () => {
    const ahead = everything(render(orm, 'invoices', { now: NOW + 1000 }));
    const next = everything(render(orm, 'payments', { files: ahead }));
    expect([...next].flat().join('\n')).toContain(String(NOW + 1001));
  });
});
