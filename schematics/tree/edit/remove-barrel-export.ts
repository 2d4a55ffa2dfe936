import type { ExportReference } from './barrel';
import { BROKEN, cut, type EditResult, manual, parseSource, wholeLines } from './source';
import { sameModule, specifierFor } from './specifier';

/** Takes out of a barrel what it exports from a file. */
export async function removeBarrelExport(
  path: string,
  text: string,
  { file }: ExportReference,
): Promise<EditResult> {
  const source = await parseSource(path, text);
  if (source.broken) return BROKEN;
  const specifier = specifierFor(source, path, file);
  const isOfFile = (given: string | undefined): boolean =>
    given !== undefined && sameModule(given, specifier);
  if (
    source.file
      .getImportDeclarations()
      .some((declaration) => isOfFile(declaration.getModuleSpecifierValue()))
  ) {
    return manual('it imports the file as well');
  }
  const statements = source.file
    .getExportDeclarations()
    .filter((declaration) => isOfFile(declaration.getModuleSpecifierValue()));
  return cut(
    text,
    statements.map((statement) =>
      wholeLines(source.text, { from: statement.getStart(), to: statement.getEnd() }),
    ),
  );
}
