import type { ClassDeclaration, ObjectLiteralExpression } from 'ts-morph';
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
  { morph }: ParsedSource,
  module: ClassDeclaration,
): ObjectLiteralExpression | string {
  const argument = module.getDecorator('Module')?.getArguments()[0];
  return argument && morph.Node.isObjectLiteralExpression(argument)
    ? argument
    : '@Module is not given an object literal';
}

function planModule(
  source: ParsedSource,
  metadata: ObjectLiteralExpression,
  name: string,
): Insertion[] | string {
  const { Node } = source.morph;
  const property = metadata
    .getProperties()
    .find((item) => !Node.isSpreadAssignment(item) && /^['"]?imports['"]?$/.test(item.getName()));
  if (!property) {
    return metadata.getProperties().some((item) => Node.isSpreadAssignment(item))
      ? 'the object given to @Module spreads another one, which may have imports'
      : [planProperty(source, metadata, name)];
  }
  const value = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
  if (!value || !Node.isArrayLiteralExpression(value)) {
    return 'the imports of @Module are not an array literal';
  }
  return mentions(source, value, name) ? [] : planElement(source, value, name);
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
