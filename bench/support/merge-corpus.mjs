// Files as they are generated, with changes as generators make them (theirs) and as people make them
// (yours). Each word that a change brings occurs nowhere else, so that it can be told afterwards whether
// it is there.
import { createRequire } from 'node:module';
import { format } from 'prettier';
import { random } from './random.mjs';

const require = createRequire(import.meta.url);
const { ts } = require('ts-morph');
const { renderApp } = require('../../dist/schematics/app/render-app.js');
const { normalizeOptions } = require('../../dist/schematics/app/normalize-options.js');

const OURS = { parser: 'typescript', singleQuote: true };

/** How teams lay their code out, the generated way most often. */
const LAYOUTS = [
  OURS,
  OURS,
  OURS,
  { parser: 'typescript', useTabs: true, printWidth: 120 },
  { parser: 'typescript', semi: false, trailingComma: 'none' },
];

export const layout = (text) => format(text, OURS);

/** @returns so many times three texts of a file: base, yours and theirs */
export async function makeCorpus(count, seed) {
  const draw = random(seed);
  const files = await generatedFiles();
  const triples = [];
  while (triples.length < count) {
    const [path, text] = files[Math.floor(draw() * files.length)];
    const base = await layout(text);
    const number = triples.length;
    const mine = changed(base, `y${number}`, draw, 1 + Math.floor(draw() * 4));
    const others = changed(base, `t${number}`, draw, 1 + Math.floor(draw() * 3));
    if (mine === base || others === base) continue;
    const style = LAYOUTS[Math.floor(draw() * LAYOUTS.length)];
    const yours = await format(mine, style);
    const ends = draw() < 0.1 ? '\r\n' : '\n';
    triples.push({
      path,
      base,
      isLaidOutAlike: style === OURS,
      yours: yours.replaceAll('\n', ends),
      theirs: await layout(others),
    });
  }
  return triples;
}

async function generatedFiles() {
  const files = [];
  for (const orm of ['drizzle', 'typeorm']) {
    for (const [path, text] of await renderApp(normalizeOptions({ name: 'shop', orm }))) {
      if (typeof text === 'string' && path.endsWith('.ts') && !path.includes('migrations/')) {
        files.push([path, text]);
      }
    }
  }
  return files;
}

/** A text with so many changes of its lists: something is added, taken out or worded otherwise. */
function changed(base, word, draw, changes) {
  let text = base;
  for (let n = 0; n < changes; n++) {
    const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true);
    const places = listsOf(file);
    if (places.length === 0) return text;
    const { list, separator } = places[Math.floor(draw() * places.length)];
    const node = list[Math.floor(draw() * list.length)];
    const way = draw();
    const next = apply(text, file, list, node, separator, `${word}n${n}`, way);
    const isValid = ts.transpileModule(next, { reportDiagnostics: true }).diagnostics.length === 0;
    if (isValid) text = next;
  }
  return text;
}

function apply(text, file, list, node, separator, word, way) {
  const start = node.getStart(file);
  const own = text.slice(start, node.end);
  if (way < 0.55) {
    const copy = renamed(own, word, node);
    return copy === undefined
      ? text
      : text.slice(0, node.end) + separator + copy + text.slice(node.end);
  }
  if (way < 0.7 && list.length > 1 && !separator.includes('import')) {
    const at = list.indexOf(node);
    const [from, to] =
      at + 1 < list.length ? [start, list[at + 1].getStart(file)] : [list[at - 1].end, node.end];
    return text.slice(0, from) + text.slice(to);
  }
  const literal = firstLiteral(node);
  if (!literal) return text;
  return text.slice(0, literal.getStart(file)) + `'${word}'` + text.slice(literal.end);
}

/** A copy under a new name, which is the only word of it that is new. */
function renamed(own, word, node) {
  const name = node.name?.getText?.() ?? (ts.isIdentifier(node) ? node.text : undefined);
  if (name !== undefined) return own.replace(name, name.startsWith("'") ? `'${word}'` : word);
  const literal = firstLiteral(node);
  return literal ? own.replace(literal.getText(), `'${word}'`) : undefined;
}

function firstLiteral(node) {
  if (ts.isImportDeclaration(node)) return undefined;
  if (ts.isStringLiteral(node)) return node;
  let found;
  ts.forEachChild(node, (child) => {
    found ??= firstLiteral(child);
  });
  return found;
}

/** Lists that are long enough to change, with what stands between two elements. */
function listsOf(file) {
  const places = [];
  const add = (list, separator) => {
    if (list.length > 0) places.push({ list: [...list], separator });
  };
  const visit = (node) => {
    if (ts.isClassLike(node))
      add(
        node.members.filter((each) => each.name),
        '\n\n',
      );
    if (ts.isInterfaceDeclaration(node)) add(node.members, '\n');
    if (ts.isObjectLiteralExpression(node))
      add(
        node.properties.filter((each) => each.name),
        ', ',
      );
    if (ts.isArrayLiteralExpression(node)) add(node.elements, ', ');
    if (ts.isNamedImports(node)) add(node.elements, ', ');
    if (ts.isBlock(node))
      add(
        node.statements.filter((each) => firstLiteral(each)),
        '\n',
      );
    ts.forEachChild(node, visit);
  };
  visit(file);
  return places;
}
