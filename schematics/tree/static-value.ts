import { posix } from 'node:path';
import type { Expression, Node as MorphNode, ObjectLiteralExpression, SourceFile } from 'ts-morph';

type Morph = typeof import('ts-morph');

/** What can be told of an expression without running it. */
export type StaticValue =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'object';
      readonly properties: ReadonlyMap<string, StaticValue>;
      /** Whether there may be others, of something that cannot be read. */
      readonly open: boolean;
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown' };

const UNKNOWN: StaticValue = { kind: 'unknown' };
const NOTHING: StaticValue = { kind: 'nothing' };

/** Reads expressions of one file: literals, constants, spreads, templates and paths. */
export class StaticReader {
  readonly #morph: Morph;
  readonly #file: SourceFile;
  readonly #here: string;
  readonly #reading = new Set<MorphNode>();

  /** @param here the folder of the file, from the root of the project */
  constructor(morph: Morph, file: SourceFile, here = '/') {
    this.#morph = morph;
    this.#file = file;
    this.#here = here;
  }

  /** A member of an object. */
  member(object: StaticValue, name: string): StaticValue {
    if (object.kind !== 'object') return UNKNOWN;
    return object.properties.get(name) ?? (object.open ? UNKNOWN : NOTHING);
  }

  read(node: MorphNode | undefined): StaticValue {
    if (!node || this.#reading.has(node)) return UNKNOWN;
    this.#reading.add(node);
    try {
      return this.#read(node);
    } finally {
      this.#reading.delete(node);
    }
  }

  #read(node: MorphNode): StaticValue {
    const { Node } = this.#morph;
    if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) {
      return text(node.getLiteralText());
    }
    if (
      Node.isAsExpression(node) ||
      Node.isSatisfiesExpression(node) ||
      Node.isParenthesizedExpression(node) ||
      Node.isNonNullExpression(node)
    ) {
      return this.read(node.getExpression());
    }
    if (Node.isTemplateExpression(node)) {
      return join([
        text(node.getHead().getLiteralText()),
        ...node
          .getTemplateSpans()
          .flatMap((span) => [
            this.read(span.getExpression()),
            text(span.getLiteral().getLiteralText()),
          ]),
      ]);
    }
    if (Node.isBinaryExpression(node)) {
      return node.getOperatorToken().getText() === '+'
        ? join([this.read(node.getLeft()), this.read(node.getRight())])
        : UNKNOWN;
    }
    if (Node.isObjectLiteralExpression(node)) return this.#object(node);
    if (Node.isPropertyAccessExpression(node)) {
      return HERE.has(node.getText())
        ? text(this.#here)
        : this.member(this.read(node.getExpression()), node.getName());
    }
    if (Node.isIdentifier(node)) return this.#constant(node.getText());
    if (Node.isCallExpression(node)) {
      return this.#call(node.getExpression().getText(), node.getArguments());
    }
    return UNKNOWN;
  }

  #object(node: ObjectLiteralExpression): StaticValue {
    const { Node } = this.#morph;
    const properties = new Map<string, StaticValue>();
    let open = false;
    for (const property of node.getProperties()) {
      if (Node.isSpreadAssignment(property)) {
        const spread = this.read(property.getExpression());
        if (spread.kind === 'object' && !spread.open) {
          for (const [name, value] of spread.properties) properties.set(name, value);
        } else if (spread.kind !== 'nothing') {
          // It may replace everything in front of it.
          properties.clear();
          open = true;
        }
      } else if (Node.isShorthandPropertyAssignment(property)) {
        properties.set(property.getName(), this.#constant(property.getName()));
      } else {
        const key = property.getNameNode();
        const name = Node.isComputedPropertyName(key)
          ? this.read(key.getExpression())
          : text(
              Node.isStringLiteral(key) || Node.isNoSubstitutionTemplateLiteral(key)
                ? key.getLiteralText()
                : key.getText(),
            );
        if (name.kind === 'text') {
          properties.set(
            name.text,
            Node.isPropertyAssignment(property) ? this.read(property.getInitializer()) : UNKNOWN,
          );
        } else {
          properties.clear();
          open = true;
        }
      }
    }
    return { kind: 'object', properties, open };
  }

  #constant(name: string): StaticValue {
    if (name === 'undefined') return NOTHING;
    if (name === '__dirname') return text(this.#here);
    const declaration = this.#file.getVariableDeclaration(name);
    const isConstant =
      declaration?.getVariableStatement()?.getDeclarationKind() ===
      this.#morph.VariableDeclarationKind.Const;
    return isConstant && !this.#isChanged(name)
      ? this.read(declaration?.getInitializer())
      : UNKNOWN;
  }

  /** Whether something is assigned to a member of it, or it is handed to what may change it. */
  #isChanged(name: string): boolean {
    const written = new RegExp(
      `(?:\\b${name}\\s*(?:\\.[\\w$.]+|\\[[^\\]]*\\])+\\s*[+?|&]*=(?!=)|assign\\(\\s*${name}\\b|delete\\s+${name}\\b)`,
    );
    return written.test(this.#file.getText());
  }

  #call(name: string, args: readonly MorphNode[]): StaticValue {
    if (name === 'defineConfig' || name === 'Object.freeze') return this.read(args[0]);
    if (name === 'process.cwd') return text('/');
    if (/^(?:path\.)?(?:posix\.)?(?:join|resolve|normalize)$/.test(name)) {
      const parts = args.map((arg) => this.read(arg));
      if (!parts.every((part) => part.kind === 'text')) return UNKNOWN;
      const paths = parts.map((part) => part.text);
      return text(name.endsWith('resolve') ? posix.resolve('/', ...paths) : posix.join(...paths));
    }
    if (name === 'fileURLToPath') return this.#url(args[0]);
    return UNKNOWN;
  }

  /** `new URL('./migrations', import.meta.url)` */
  #url(node: MorphNode | undefined): StaticValue {
    const { Node } = this.#morph;
    if (!node || !Node.isNewExpression(node) || node.getExpression().getText() !== 'URL') {
      return UNKNOWN;
    }
    const [path, base] = node.getArguments();
    const relative = this.read(path);
    return relative.kind === 'text' && base?.getText() === 'import.meta.url'
      ? text(posix.resolve(this.#here, relative.text))
      : UNKNOWN;
  }
}

/** What stands for the folder of the file. */
const HERE = new Set(['import.meta.dirname']);

/** What a file exports as its default. */
export function defaultExport(morph: Morph, file: SourceFile): Expression | undefined {
  const assigned = file.getExportAssignments()[0]?.getExpression();
  if (assigned) return assigned;
  for (const statement of file.getStatements()) {
    if (!morph.Node.isExpressionStatement(statement)) continue;
    const expression = statement.getExpression();
    if (
      morph.Node.isBinaryExpression(expression) &&
      expression.getLeft().getText() === 'module.exports'
    ) {
      return expression.getRight();
    }
  }
  return undefined;
}

function text(value: string): StaticValue {
  return { kind: 'text', text: value };
}

function join(parts: readonly StaticValue[]): StaticValue {
  return parts.every((part) => part.kind === 'text')
    ? text(parts.map((part) => part.text).join(''))
    : UNKNOWN;
}
