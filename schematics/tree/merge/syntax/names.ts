import { ts } from 'ts-morph';
import type { Source } from './source';

/** A name that a merged text uses and that one side declares, while nothing in the text does any more. */
export interface LostName {
  readonly name: string;
  /** The import that one side has it by; undefined where it is declared in the file. */
  readonly from: ImportedName | undefined;
}

/** How a name gets into a file. */
export interface ImportedName {
  /** As it is written, with its quotes. */
  readonly module: string;
  /** What stands for it between the braces, or in front of them. */
  readonly specifier: string;
  readonly kind: 'named' | 'default' | 'namespace';
  readonly isType: boolean;
}

/**
 * What two changes took from each other: an import that one side has dropped while the other began to use it, a member
 * that was renamed.
 */
export function lostNames(result: Source, sides: readonly Source[]): LostName[] {
  const there = declaredIn(result);
  const used = usedIn(result);
  const lost = new Map<string, LostName>();
  for (const side of sides) {
    const imports = importsOf(side);
    for (const name of [...imports.keys(), ...topLevelOf(side)]) {
      if (there.has(name) || lost.has(name) || !used.has(name)) continue;
      lost.set(name, { name, from: imports.get(name) });
    }
  }
  return [...lost.values(), ...lostMembers(result, sides)];
}

function lostMembers(result: Source, sides: readonly Source[]): LostName[] {
  const known = new Set(sides.flatMap((side) => classesOf(side).flatMap(membersOf)));
  return classesOf(result).flatMap((node) => {
    // What is inherited is declared elsewhere, and on neither side here.
    const members = new Set(membersOf(node));
    return [...usedOfThis(node)]
      .filter((name) => known.has(name) && !members.has(name))
      .map((name) => ({ name: `this.${name}`, from: undefined }));
  });
}

/** The local names of a file's imports. */
export function importsOf({ file }: Source): Map<string, ImportedName> {
  const imports = new Map<string, ImportedName>();
  for (const node of file.statements) {
    if (!ts.isImportDeclaration(node) || !node.importClause) continue;
    const { name, namedBindings, phaseModifier } = node.importClause;
    const module = node.moduleSpecifier.getText(file);
    const isType = phaseModifier === ts.SyntaxKind.TypeKeyword;
    if (name) {
      imports.set(name.text, { module, specifier: name.text, kind: 'default', isType });
    }
    if (!namedBindings) continue;
    if (ts.isNamespaceImport(namedBindings)) {
      const specifier = namedBindings.getText(file);
      imports.set(namedBindings.name.text, { module, specifier, kind: 'namespace', isType });
      continue;
    }
    for (const element of namedBindings.elements) {
      const specifier = element.getText(file);
      imports.set(element.name.text, { module, specifier, kind: 'named', isType });
    }
  }
  return imports;
}

function topLevelOf({ file }: Source): string[] {
  return file.statements.flatMap((node) => {
    if (ts.isVariableStatement(node)) {
      return node.declarationList.declarations.flatMap(({ name }) =>
        ts.isIdentifier(name) ? [name.text] : [],
      );
    }
    return 'name' in node && ts.isIdentifier(node.name as ts.Node)
      ? [(node.name as ts.Identifier).text]
      : [];
  });
}

/** Every name that is declared anywhere in a text: enough to know that it is not lost. */
function declaredIn({ file }: Source): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (isDeclaredName(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function isDeclaredName(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  const declares =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionLike(parent) ||
    ts.isClassLike(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isEnumDeclaration(parent) ||
    ts.isModuleDeclaration(parent) ||
    ts.isTypeParameterDeclaration(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent);
  return declares && 'name' in parent && parent.name === node;
}

function usedIn({ file }: Source): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isIdentifier(node) && isUse(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isExportSpecifier(parent)) return (parent.propertyName ?? parent.name) === node;
  return !('name' in parent && parent.name === node);
}

function classesOf({ file }: Source): ts.ClassLikeDeclaration[] {
  const classes: ts.ClassLikeDeclaration[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) classes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return classes;
}

function membersOf({ members }: ts.ClassLikeDeclaration): string[] {
  return members.flatMap((member) => {
    if (ts.isConstructorDeclaration(member)) {
      return member.parameters.flatMap(({ name, modifiers }) =>
        modifiers && ts.isIdentifier(name) ? [name.text] : [],
      );
    }
    return member.name && !ts.isComputedPropertyName(member.name) ? [member.name.getText()] : [];
  });
}

function usedOfThis(node: ts.ClassLikeDeclaration): Set<string> {
  const names = new Set<string>();
  const visit = (inner: ts.Node): void => {
    if (
      ts.isPropertyAccessExpression(inner) &&
      inner.expression.kind === ts.SyntaxKind.ThisKeyword
    ) {
      names.add(inner.name.text);
    }
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return names;
}
