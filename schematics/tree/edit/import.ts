import { placeStatement } from './placement';
import type { Insertion, ParsedSource } from './source';
import { quoteOf, sameModule, specifierFor, terminatorOf } from './specifier';

/** A symbol and the file that exports it; paths are relative to the project. */
export interface SymbolReference {
  readonly symbol: string;
  readonly file: string;
}

export type ImportPlan =
  /** `local` is what the file calls the symbol. */
  | { readonly local: string; readonly insertions: readonly Insertion[] }
  | { readonly conflict: string };

/** Plans the import of a symbol, unless the file has it already. */
export function planImport(
  source: ParsedSource,
  path: string,
  { symbol, file }: SymbolReference,
): ImportPlan {
  const specifier = specifierFor(source, path, file);
  const declarations = source.file.getImportDeclarations();

  for (const declaration of declarations) {
    if (!sameModule(declaration.getModuleSpecifierValue(), specifier)) continue;
    const named = declaration.getNamedImports().find((item) => item.getName() === symbol);
    if (!named) continue;
    if (declaration.isTypeOnly() || named.isTypeOnly()) {
      return { conflict: `${symbol} is imported as a type` };
    }
    return { local: named.getAliasNode()?.getText() ?? symbol, insertions: [] };
  }
  if (declares(source, symbol)) {
    return { conflict: `the name ${symbol} means something else there` };
  }

  const quote = quoteOf(source);
  const line = `import { ${symbol} } from ${quote}${specifier}${quote}${terminatorOf(source)}`;
  const statements = declarations.map((declaration) => ({
    specifier: declaration.getModuleSpecifierValue(),
    start: declaration.getStart(),
    end: declaration.getEnd(),
  }));
  return { local: symbol, insertions: [placeStatement(source, statements, specifier, line)] };
}

/** Whether the file declares or imports the name at its top level. */
function declares({ file }: ParsedSource, name: string): boolean {
  const imported = file
    .getImportDeclarations()
    .flatMap((declaration) => [
      declaration.getDefaultImport()?.getText(),
      declaration.getNamespaceImport()?.getText(),
      ...declaration
        .getNamedImports()
        .map((item) => item.getAliasNode()?.getText() ?? item.getName()),
    ]);
  return (
    imported.includes(name) ||
    file.getVariableDeclaration(name) !== undefined ||
    file.getClass(name) !== undefined ||
    file.getFunction(name) !== undefined ||
    file.getEnum(name) !== undefined
  );
}
