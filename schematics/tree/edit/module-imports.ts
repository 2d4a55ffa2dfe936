import type {
  ClassDeclaration,
  Node as MorphNode,
  ObjectLiteralElementLike,
  ObjectLiteralExpression,
} from 'ts-morph';
import { mentions, planElement } from './array';
import { planImport, type SymbolReference } from './import';
import {
  beginsLine,
  BROKEN,
  type EditResult,
  indentationAt,
  insert,
  type Insertion,
  manual,
  type ParsedSource,
  parseSource,
} from './source';

/** Adds a module to the `imports` of the `@Module` of a file, with the import of its class. */
export async function addModuleImport(
  path: string,
  text: string,
  module: SymbolReference,
): Promise<EditResult> {
  const source = await parseSource(path, text);
  if (source.broken) return BROKEN;
  const importPlan = planImport(source, path, module);
  if ('conflict' in importPlan) return manual(importPlan.conflict);

  const metadata = findMetadata(source);
  if (typeof metadata === 'string') return manual(metadata);

  const elementPlan = planModule(source, metadata, importPlan.local);
  if (typeof elementPlan === 'string') return manual(elementPlan);
  return insert(text, [...importPlan.insertions, ...elementPlan]);
}

/** The object given to `@Module`, or why there is no telling which. */
function findMetadata(source: ParsedSource): ObjectLiteralExpression | string {
  const modules = source.file.getClasses().filter((item) => item.getDecorator('Module'));
  const [first] = modules;
  if (!first) return 'no class has a @Module decorator';
  if (modules.length > 1) return 'several classes have a @Module decorator';
  return metadataOf(source, first);
}

function metadataOf(
  source: ParsedSource,
  module: ClassDeclaration,
): ObjectLiteralExpression | string {
  const argument = bare(source, module.getDecorator('Module')?.getArguments()[0]);
  return argument && source.morph.Node.isObjectLiteralExpression(argument)
    ? argument
    : '@Module is not given an object literal';
}

function planModule(
  source: ParsedSource,
  metadata: ObjectLiteralExpression,
  name: string,
): Insertion[] | string {
  const { Node } = source.morph;
  const properties = metadata.getProperties();
  const keys = properties.map((item) => keyOf(source, item));
  const at = keys.lastIndexOf('imports');
  // What stands in front of `imports` is overridden by it; what stands behind may override it.
  const others = properties.slice(at + 1);
  if (others.some((item) => Node.isSpreadAssignment(item))) {
    return 'the object given to @Module spreads another one, which may have imports';
  }
  if (keys.slice(at + 1).includes(undefined)) {
    return 'the object given to @Module has a computed key, which may be imports';
  }
  if (keys.indexOf('imports') !== at) return 'the object given to @Module has imports twice';
  const property = properties[at];
  if (!property) return [planProperty(source, metadata, name)];
  const value = bare(
    source,
    Node.isPropertyAssignment(property) ? property.getInitializer() : undefined,
  );
  if (!value || !Node.isArrayLiteralExpression(value)) {
    return 'the imports of @Module are not an array literal';
  }
  return mentions(source, value, name) ? [] : planElement(source, value, name);
}

/** The name of a property as JavaScript has it; undefined where that is not known here. */
function keyOf(
  { morph: { Node } }: ParsedSource,
  item: ObjectLiteralElementLike,
): string | undefined {
  if (Node.isSpreadAssignment(item)) return undefined;
  const node = item.getNameNode();
  const key = Node.isComputedPropertyName(node) ? node.getExpression() : node;
  if (Node.isStringLiteral(key) || Node.isNoSubstitutionTemplateLiteral(key)) {
    return key.getLiteralText();
  }
  if (Node.isComputedPropertyName(node)) return undefined;
  return Node.isIdentifier(key) ? key.compilerNode.text : key.getText();
}

/** Without parentheses, and what says its type. */
function bare(source: ParsedSource, node: MorphNode | undefined): MorphNode | undefined {
  const { Node } = source.morph;
  return Node.isParenthesizedExpression(node) ||
    Node.isAsExpression(node) ||
    Node.isSatisfiesExpression(node) ||
    Node.isTypeAssertion(node)
    ? bare(source, node.getExpression())
    : node;
}

/** Plans the property `imports` in front of the others. */
function planProperty(
  { text, eol }: ParsedSource,
  metadata: ObjectLiteralExpression,
  name: string,
): Insertion {
  const property = `imports: [${name}],`;
  const first = metadata.getProperties()[0]?.getStart();
  if (first === undefined) {
    return { at: metadata.getStart() + 1, text: ` imports: [${name}] ` };
  }
  return beginsLine(text, first)
    ? { at: first, text: property + eol + indentationAt(text, first) }
    : { at: first, text: `${property} ` };
}
