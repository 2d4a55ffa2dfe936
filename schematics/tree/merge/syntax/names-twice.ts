import { ts } from 'ts-morph';
import type { Source } from './source';

/** What is declared more than once where once is all that there can be. */
export function namesTwice({ file }: Source): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) found.push(...twice(node.members.flatMap(memberName)));
    if (ts.isObjectLiteralExpression(node)) found.push(...twice(node.properties.flatMap(nameOf)));
    if (ts.isEnumDeclaration(node)) found.push(...twice(node.members.flatMap(nameOf)));
    if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) {
      found.push(...twice(node.members.filter(ts.isPropertySignature).flatMap(nameOf)));
    }
    if (ts.isFunctionLike(node)) found.push(...twice(node.parameters.flatMap(nameOf)));
    ts.forEachChild(node, visit);
  };
  visit(file);
  found.push(...twice(file.statements.flatMap(declaredBy)));
  return found;
}

function twice(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}

/** Overloads and the two halves of an accessor may share a name. */
function memberName(member: ts.ClassElement): string[] {
  if (ts.isConstructorDeclaration(member)) return member.body ? ['constructor'] : [];
  if (ts.isMethodDeclaration(member) && !member.body) return [];
  const kind = ts.isGetAccessor(member) ? 'get ' : ts.isSetAccessor(member) ? 'set ' : '';
  const isStatic = ts.canHaveModifiers(member)
    ? (ts.getModifiers(member) ?? []).some(({ kind: word }) => word === ts.SyntaxKind.StaticKeyword)
    : false;
  return nameOf(member).map((name) => `${isStatic ? 'static ' : ''}${kind}${name}`);
}

function nameOf(node: ts.Node): string[] {
  if (!('name' in node) || node.name === undefined) return [];
  const name = node.name as ts.Node;
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) return [name.text];
  return ts.isPrivateIdentifier(name) ? [name.text] : [];
}

/** Types and values have names of their own, and interfaces and namespaces add up. */
function declaredBy(node: ts.Statement): string[] {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.flatMap(nameOf);
  if (ts.isClassDeclaration(node) || ts.isEnumDeclaration(node)) return nameOf(node);
  if (ts.isFunctionDeclaration(node)) return node.body ? nameOf(node) : [];
  if (ts.isTypeAliasDeclaration(node)) return nameOf(node).map((name) => `type ${name}`);
  if (!ts.isImportDeclaration(node)) return [];
  const { name, namedBindings } = node.importClause ?? {};
  const all = [
    ...(name ? [name.text] : []),
    ...(namedBindings && ts.isNamedImports(namedBindings)
      ? namedBindings.elements.map((element) => element.name.text)
      : []),
  ];
  return all;
}
