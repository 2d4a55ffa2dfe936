import { ts } from 'ts-morph';
import type { ImportedName } from './names';
import type { Source } from './source';

/** Imports a name again that one side has dropped and the other uses. */
export function bringBack({ text, file }: Source, name: ImportedName): string {
  const beside = name.kind === 'named' ? importFrom(file, name) : undefined;
  const last = beside?.elements.at(-1);
  if (last) return insert(text, last.end, `, ${name.specifier}`);
  const line = statementOf(name);
  const before = file.statements.findLast(ts.isImportDeclaration);
  return before ? insert(text, before.end, `\n${line}`) : `${line}\n${text}`;
}

function importFrom(
  file: ts.SourceFile,
  { module, isType }: ImportedName,
): ts.NamedImports | undefined {
  for (const node of file.statements) {
    if (!ts.isImportDeclaration(node) || !node.importClause) continue;
    if (unquoted(node.moduleSpecifier.getText(file)) !== unquoted(module)) continue;
    const { namedBindings, phaseModifier } = node.importClause;
    if ((phaseModifier === ts.SyntaxKind.TypeKeyword) !== isType) continue;
    if (namedBindings && ts.isNamedImports(namedBindings)) return namedBindings;
  }
  return undefined;
}

function statementOf({ module, specifier, kind, isType }: ImportedName): string {
  const what = kind === 'named' ? `{ ${specifier} }` : specifier;
  return `import ${isType ? 'type ' : ''}${what} from ${module};`;
}

function insert(text: string, at: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at);
}

function unquoted(literal: string): string {
  return literal.slice(1, -1);
}
