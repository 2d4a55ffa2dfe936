import type { ImportDeclaration, Node as MorphNode } from 'ts-morph';
import type { SymbolReference } from './import';
import {
  BROKEN,
  type Cut,
  cut,
  type EditResult,
  manual,
  type ParsedSource,
  parseSource,
  wholeLines,
} from './source';
import { sameModule, specifierFor } from './specifier';

/** Takes a module out of the lists of modules in a file, with the import of its class. */
export async function removeModuleImport(
  path: string,
  text: string,
  { symbol, file }: SymbolReference,
): Promise<EditResult> {
  const source = await parseSource(path, text);
  if (source.broken) return BROKEN;
  const specifier = specifierFor(source, path, file);
  const declaration = source.file
    .getImportDeclarations()
    .find(
      (item) =>
        sameModule(item.getModuleSpecifierValue(), specifier) &&
        item.getNamedImports().some((named) => named.getName() === symbol),
    );
  if (!declaration) return { kind: 'unchanged' };
  const uses = usesOf(source, declaration, symbol);
  const elements = uses.flatMap((use) => elementOf(source, use) ?? []);
  if (elements.length < uses.length) return manual(`it uses ${symbol} for something else`);
  if (declaration.getNamedImports().length > 1 || declaration.getDefaultImport()) {
    return manual(`it imports more than ${symbol} from there`);
  }
  const statement = { from: declaration.getStart(), to: declaration.getEnd() };
  return cut(text, [wholeLines(source.text, statement), ...elements]);
}

/** Where the file says the name of the class, but for its import. */
function usesOf(source: ParsedSource, declaration: ImportDeclaration, symbol: string): MorphNode[] {
  const named = declaration.getNamedImports().find((item) => item.getName() === symbol);
  const local = named?.getAliasNode()?.getText() ?? symbol;
  return source.file
    .getDescendantsOfKind(source.morph.SyntaxKind.Identifier)
    .filter((node) => node.getText() === local)
    .filter((node) => !node.getFirstAncestor((above) => above === declaration));
}

/** An element of an array that is nothing but the name, with its comma; undefined for everything else. */
function elementOf({ morph: { Node }, text }: ParsedSource, use: MorphNode): Cut | undefined {
  const array = use.getParent();
  if (!Node.isArrayLiteralExpression(array)) return undefined;
  if (!Node.isPropertyAssignment(array.getParent())) return undefined;
  const elements = array.getElements();
  const index = elements.findIndex((element) => element === use);
  const next = elements[index + 1];
  const [from, to] = [use.getStart(), use.getEnd()];
  const comma = /^\s*,/.exec(text.slice(to));
  if (comma) {
    const end = to + comma[0].length;
    const whole = wholeLines(text, { from, to: end });
    // What else stands there, comments above all, is left.
    const isFollowed = next !== undefined && /^[ \t]*$/.test(text.slice(end, next.getStart()));
    return whole.from === from && isFollowed ? { from, to: next.getStart() } : whole;
  }
  if (next) return undefined;
  // The last one, without a comma behind it: the one before it goes.
  const previous = elements[index - 1];
  if (!previous) return { from, to };
  const isNext = /^\s*,\s*$/.test(text.slice(previous.getEnd(), from));
  return isNext ? { from: previous.getEnd(), to } : undefined;
}
