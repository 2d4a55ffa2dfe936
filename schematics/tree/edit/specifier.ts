import { importPath } from '../../rendering/imports';
import type { ParsedSource } from './source';

/** How the file at `from` names the file at `to`: with `.js`, or without an ending where the file's other imports have none. */
export function specifierFor(source: ParsedSource, from: string, to: string): string {
  const path = importPath(from, to);
  const others = relativeSpecifiers(source);
  return others.length > 0 && !others.some((specifier) => /\.[mc]?js$/.test(specifier))
    ? stem(path)
    : path;
}

/** Whether two specifiers of one file mean the same module. */
export function sameModule(a: string, b: string): boolean {
  return stem(a) === stem(b);
}

/** The quote that most of the file's imports and exports use. */
export function quoteOf({ text }: ParsedSource): "'" | '"' {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return count(/\bfrom\s*"/g) > count(/\bfrom\s*'/g) ? '"' : "'";
}

/** A semicolon, unless the file's imports and exports do without. */
export function terminatorOf({ text }: ParsedSource): ';' | '' {
  const statements = text.match(/\bfrom\s*(['"])[^'"\r\n]*\1;?/g) ?? [];
  return statements.length > 0 && statements.every((statement) => !statement.endsWith(';'))
    ? ''
    : ';';
}

function relativeSpecifiers({ file }: ParsedSource): string[] {
  return [...file.getImportDeclarations(), ...file.getExportDeclarations()]
    .map((declaration) => declaration.getModuleSpecifierValue() ?? '')
    .filter((specifier) => specifier.startsWith('.'));
}

function stem(path: string): string {
  return path.replace(/\.[mc]?[jt]s$/, '');
}
