import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import Handlebars from 'handlebars';
import { packageRoot } from '../utility/package-root';

/** What a template may read: plain data, so that nothing renders empty because it was a getter. */
export type ViewValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly ViewValue[]
  | { readonly [key: string]: ViewValue };

/** Declare view models with `type`: an interface has no index signature and is not assignable. */
export type ViewModel = { readonly [key: string]: ViewValue };

/** Project-relative POSIX path → text. */
export type RenderedFiles = ReadonlyMap<string, string>;

const TEMPLATE_SUFFIX = '.hbs';
const compiled = new Map<string, Handlebars.TemplateDelegate>();

/**
 * Renders one template. The only place that compiles Handlebars: code must not be HTML-escaped, and a name
 * that the view model lacks must fail instead of rendering nothing.
 *
 * `strict` does not cover `{{#if}}` and `{{#each}}`: give every folder a view model type of its own, so that the
 * compiler checks what `strict` does not.
 */
export function renderText(template: string, view: ViewModel): string {
  let render = compiled.get(template);
  if (!render) {
    render = Handlebars.compile(template, { noEscape: true, strict: true });
    compiled.set(template, render);
  }
  return render(view);
}

/**
 * Renders every file below `templates/<folder>`. `.hbs` is rendered and stripped, any other file is copied as it is.
 * `__key__` in a path stands for a string of the view model.
 *
 * @example
 * const files = renderFolder('resource/drizzle', view); // 'src/__plural__/__plural__.module.ts.hbs' → 'src/invoices/invoices.module.ts'
 */
export function renderFolder(folder: string, view: ViewModel): Map<string, string> {
  const root = join(templatesDirectory(), folder);
  const files = new Map<string, string>();
  for (const path of listFiles(root)) {
    const source = readFileSync(join(root, path), 'utf8');
    const isTemplate = path.endsWith(TEMPLATE_SUFFIX);
    const target = renderPath(isTemplate ? path.slice(0, -TEMPLATE_SUFFIX.length) : path, view);
    files.set(target, isTemplate ? renderNamed(path, source, view) : source);
  }
  return files;
}

/** Those of a folder's files that are copied: plain source, which is kept as it is to be. */
export function copiedFiles(folder: string): string[] {
  return listFiles(join(templatesDirectory(), folder)).filter(
    (path) => !path.endsWith(TEMPLATE_SUFFIX),
  );
}

/** Later folders win, so that a common folder can be overlaid by the one of an ORM. */
export function mergeFiles(...sources: readonly RenderedFiles[]): Map<string, string> {
  return new Map(sources.flatMap((files) => [...files]));
}

export function templatesDirectory(): string {
  return join(packageRoot(), 'templates');
}

function renderNamed(path: string, source: string, view: ViewModel): string {
  try {
    return renderText(source, view);
  } catch (error) {
    throw new Error(`Template ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function renderPath(path: string, view: ViewModel): string {
  return path.replace(/__([A-Za-z][A-Za-z0-9]*)__/g, (_, key: string) => {
    const value = view[key];
    if (typeof value !== 'string') throw new Error(`Template ${path}: the view has no "${key}"`);
    return value;
  });
}

function listFiles(root: string, below = ''): string[] {
  return readdirSync(join(root, below), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(below, entry.name);
      return entry.isDirectory() ? listFiles(root, path) : [path];
    });
}
