import { posix } from 'node:path';
import { importPath } from '../rendering/imports';
import type { RenderedResource } from '../rendering/resource';
import type { Choices } from './choices';

const SPECIFIER = /(\bfrom\s+|\bimport\()(['"])(\.{1,2}\/[^'"]+)\2/g;
const TEST = /[.-]spec\.ts$/;

/** The resource where it is wanted, with the imports that this takes, and without tests where none are. */
export function relocate(
  resource: RenderedResource,
  folder: string,
  { base, flat, tests }: Choices,
): RenderedResource {
  const from = `src/${folder}/`;
  const to = flat ? `${base}/` : `${base}/${folder}/`;
  const moved = (path: string): string =>
    path.startsWith(from) && !resource.migrations.has(path) ? to + path.slice(from.length) : path;

  const code = new Map<string, string>();
  for (const [path, text] of resource.code) {
    if (!tests && TEST.test(path)) continue;
    const follow = (all: string, before: string, quote: string, specifier: string): string => {
      const target = posix.join(posix.dirname(path), specifier);
      const now = importPath(moved(path), moved(target));
      return now === specifier ? all : `${before}${quote}${now}${quote}`;
    };
    code.set(moved(path), from === to ? text : text.replaceAll(SPECIFIER, follow));
  }
  const { module, exports } = resource.registrations;
  return {
    ...resource,
    code,
    registrations: {
      module: { ...module, file: moved(module.file) },
      exports: exports.map((item) => ({ ...item, file: moved(item.file) })),
    },
  };
}
