import { posix } from 'node:path';
import { ts } from 'ts-morph';
import type { Source } from './source';

/** A list, as far as it matters what it is: the node that it is of, and which part of that. */
export interface ListKind {
  readonly parent: ts.Node;
  readonly role: string;
}

/** By what an element of a list is known again. */
export interface Description {
  readonly key: string;
  /** For people. */
  readonly name: string;
  /** Whether it matters what it stands next to. */
  readonly isOrdered: boolean;
  /** Whether its key is a name, which it keeps when it is edited; otherwise it is what it says. */
  readonly isKeyed: boolean;
}

export function describeItem(source: Source, kind: ListKind, node: ts.Node): Description {
  return named(source, kind, node) ?? unnamed(source, node);
}

function unnamed(source: Source, node: ts.Node): Description {
  const meaning = source.meaning(node.getStart(source.file), node.end);
  return { key: meaning, name: short(meaning), isOrdered: true, isKeyed: false };
}

function named(source: Source, kind: ListKind, node: ts.Node): Description | undefined {
  const { parent, role } = kind;
  if (role === 'statements') return statement(source, parent, node);
  if (ts.isClassLike(parent) && role === 'members') return member(source, node);
  if (role === 'members' && ts.isEnumDeclaration(parent)) return enumMember(source, node);
  if (role === 'members') return signature(source, node);
  if (role === 'properties') return property(source, parent, node);
  if (ts.isImportSpecifier(node) || ts.isExportSpecifier(node)) {
    return keyed(`specifier ${node.name.text}`, node.name.text);
  }
  if (role === 'modifiers') return modifier(source, node);
  if (role === 'parameters' && ts.isParameter(node)) {
    const name = node.name.getText(source.file);
    return keyed(`parameter ${name}`, `the parameter ${name}`, true);
  }
  if (role === 'types' && ts.isUnionTypeNode(parent)) {
    return { ...unnamed(source, node), isOrdered: false };
  }
  if (role === 'elements' && ts.isArrayLiteralExpression(parent)) {
    return element(source, parent, node);
  }
  return undefined;
}

function keyed(key: string, name: string, isOrdered = false): Description {
  return { key, name, isOrdered, isKeyed: true };
}

function statement(source: Source, parent: ts.Node, node: ts.Node): Description | undefined {
  const isTop = ts.isSourceFile(parent);
  if (ts.isImportDeclaration(node)) {
    const from = moduleOf(node.moduleSpecifier);
    return node.importClause
      ? keyed(`import ${from}`, `the import of ${from}`)
      : keyed(`import for its effects ${from}`, `the import of ${from}`, true);
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const from = moduleOf(node.moduleSpecifier);
    return keyed(`export ${from}`, `the export of ${from}`);
  }
  if (ts.isVariableStatement(node)) {
    const names = node.declarationList.declarations.map(({ name }) => name.getText(source.file));
    // A declaration runs code, which in a function stands where it has to.
    return keyed(`const ${names.join()}`, names.join(', '), !isTop);
  }
  const declared = declaredName(node);
  if (declared !== undefined) return keyed(`declaration ${declared}`, declared);
  return testBlock(node);
}

function declaredName(node: ts.Node): string | undefined {
  const isDeclaration =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isModuleDeclaration(node);
  return isDeclaration ? (node.name?.text ?? 'default') : undefined;
}

/** `describe('…', …)`, `it.each(…)('…', …)`: known by their titles. */
function testBlock(node: ts.Node): Description | undefined {
  if (!ts.isExpressionStatement(node) || !ts.isCallExpression(node.expression)) return undefined;
  const { expression: callee, arguments: given } = node.expression;
  const word = /^(?:describe|it|test)\b/.exec(callee.getText())?.[0];
  const [title] = given;
  if (word === undefined || !title || !ts.isStringLiteralLike(title)) return undefined;
  return keyed(`${word} ${title.text}`, `${word}(${JSON.stringify(title.text)})`);
}

/** `./x`, `./x.js` and `./x.ts` are one. */
function moduleOf(specifier: ts.Expression): string {
  if (!ts.isStringLiteral(specifier)) return specifier.getText();
  const { text } = specifier;
  return text.startsWith('.') ? posix.normalize(text).replace(/\.[jt]s$/, '') : text;
}

function member(source: Source, node: ts.Node): Description | undefined {
  if (ts.isConstructorDeclaration(node)) return keyed('constructor', 'the constructor');
  if (!ts.isClassElement(node) || !node.name) return undefined;
  const name = nameOf(source, node.name);
  const place = isStatic(node) ? 'static ' : '';
  if (ts.isGetAccessor(node)) return keyed(`${place}get ${name}`, name);
  if (ts.isSetAccessor(node)) return keyed(`${place}set ${name}`, name);
  // What is initialised runs in its turn, and of two routes that match the first one does.
  const runs = ts.isPropertyDeclaration(node) && (node.initializer !== undefined || place !== '');
  return keyed(`${place}${name}`, name, runs || isRoute(node));
}

function isStatic(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.StaticKeyword);
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node)
    ? (ts.getModifiers(node) ?? []).some((each) => each.kind === kind)
    : false;
}

const ROUTE = /^(?:All|Delete|Get|Head|Options|Patch|Post|Put|Search)$/;

function isRoute(node: ts.Node): boolean {
  if (!ts.canHaveDecorators(node)) return false;
  return (ts.getDecorators(node) ?? []).some((decorator) => ROUTE.test(nameOfDecorator(decorator)));
}

function nameOfDecorator({ expression }: ts.Decorator): string {
  return (ts.isCallExpression(expression) ? expression.expression : expression).getText();
}

function enumMember(source: Source, node: ts.Node): Description | undefined {
  if (!ts.isEnumMember(node)) return undefined;
  const name = nameOf(source, node.name);
  // A number is that of the member before it, and one more.
  const isText = node.initializer !== undefined && ts.isStringLiteralLike(node.initializer);
  return keyed(`member ${name}`, name, !isText);
}

function signature(source: Source, node: ts.Node): Description | undefined {
  if (!ts.isTypeElement(node) || !node.name) return undefined;
  const name = nameOf(source, node.name);
  return keyed(`member ${name}`, name);
}

function property(source: Source, parent: ts.Node, node: ts.Node): Description | undefined {
  if (!ts.isObjectLiteralElementLike(node) || !node.name || ts.isComputedPropertyName(node.name)) {
    return undefined;
  }
  const name = nameOf(source, node.name);
  // What is spread covers what stands before it.
  const isOrdered =
    ts.isObjectLiteralExpression(parent) && parent.properties.some(ts.isSpreadAssignment);
  return keyed(`property ${name}`, name, isOrdered);
}

function modifier(source: Source, node: ts.Node): Description {
  if (!ts.isDecorator(node)) {
    const word = node.getText(source.file);
    return keyed(word, word);
  }
  const name = nameOfDecorator(node);
  return keyed(`@${name}`, `@${name}`, true);
}

/** Arrays of `@Module`, in which classes are looked for wherever they stand. */
const SETS: ReadonlySet<string> = new Set(['controllers', 'exports', 'imports', 'providers']);
/** What Nest runs in the order in which it is provided. */
const IN_ORDER = /\bAPP_(?:FILTER|GUARD|INTERCEPTOR|PIPE)\b/;

function element(
  source: Source,
  parent: ts.ArrayLiteralExpression,
  node: ts.Node,
): Description | undefined {
  const list = ts.isPropertyAssignment(parent.parent) ? nameOf(source, parent.parent.name) : '';
  const isSet = SETS.has(list);
  const isOrdered = !isSet || IN_ORDER.test(node.getText(source.file));
  if (ts.isIdentifier(node)) return keyed(`element ${node.text}`, node.text, isOrdered);
  if (!isSet) return undefined;
  if (ts.isCallExpression(node)) {
    const callee = node.expression.getText(source.file);
    return keyed(`element ${callee}`, callee, isOrdered);
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const provide = node.properties.find(
    (each) => ts.isPropertyAssignment(each) && each.name.getText(source.file) === 'provide',
  );
  if (!provide || !ts.isPropertyAssignment(provide)) return undefined;
  const token = provide.initializer.getText(source.file);
  return keyed(`element provide ${token}`, `the provider of ${token}`, isOrdered);
}

function nameOf(source: Source, name: ts.PropertyName): string {
  return ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)
    ? name.text
    : name.getText(source.file);
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
