import { placeStatement } from './placement';
import { BROKEN, type EditResult, insert, parseSource } from './source';
import { quoteOf, sameModule, specifierFor, terminatorOf } from './specifier';

/** A file to export from, and what: everything, or one symbol. Paths are relative to the project. */
export interface ExportReference {
  readonly file: string;
  readonly symbol?: string;
}

/** Adds a line to a barrel, unless it exports from that file already. */
export async function addBarrelExport(
  path: string,
  text: string,
  { file, symbol }: ExportReference,
): Promise<EditResult> {
  const source = await parseSource(path, text);
  if (source.broken) return BROKEN;
  const specifier = specifierFor(source, path, file);
  const declarations = source.file
    .getExportDeclarations()
    .filter((declaration) => declaration.getModuleSpecifierValue() !== undefined);
  const statements = declarations.map((declaration) => ({
    specifier: declaration.getModuleSpecifierValue() ?? '',
    start: declaration.getStart(),
    end: declaration.getEnd(),
  }));
  if (statements.some((statement) => sameModule(statement.specifier, specifier))) {
    return { kind: 'unchanged' };
  }
  const quote = quoteOf(source);
  const what = symbol === undefined ? '*' : `{ ${symbol} }`;
  const line = `export ${what} from ${quote}${specifier}${quote}${terminatorOf(source)}`;
  return insert(text, [placeStatement(source, statements, specifier, line)]);
}
