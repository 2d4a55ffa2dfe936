import { posix } from 'node:path';
import { SchematicsException, type Tree } from '@angular-devkit/schematics';
import { show } from '../utility/options';
import { readSource } from '../tree/text-style';
import type { ResourceOptions } from './schema';

/** What the flags of the Nest CLI and `generateOptions` of nest-cli.json mean for a resource. */
export interface Choices {
  /** The folder that the resource's own is made in. */
  readonly base: string;
  /** Whether it gets no folder of its own. */
  readonly flat: boolean;
  readonly tests: boolean;
  readonly register: boolean;
}

const CONFIG = 'nest-cli.json';

/** @throws SchematicsException in one line for what cannot be done */
export function readChoices(tree: Tree, options: ResourceOptions): Choices {
  const config = readConfig(tree);
  const generate = record(config['generateOptions']);
  refuse(options, config);
  const suffix = options.specFileSuffix ?? generate['specFileSuffix'] ?? 'spec';
  if (suffix !== 'spec') {
    fail(`--spec-file-suffix=${show(suffix)}`, 'the tests run what is called .spec.ts', 'spec');
  }
  return {
    base: baseOf(options.path ?? generate['baseDir']),
    flat: choice('flat', options.flat, generate['flat']) ?? false,
    tests: choice('spec', options.spec, generate['spec']) ?? true,
    register: !(choice('skipImport', options.skipImport, undefined) ?? false),
  };
}

function refuse(
  { type, crud, language, project, sourceRoot }: ResourceOptions,
  config: Record<string, unknown>,
): void {
  if (type !== undefined && type !== 'rest') {
    fail(`--type=${show(type)}`, 'a resource is a REST API', 'rest');
  }
  if (crud === false) {
    throw new SchematicsException(
      '--no-crud is not possible, because a resource is its table and the routes for it: leave it out, and remove the routes that are not wanted.',
    );
  }
  if (language !== undefined && language !== 'ts' && language !== 'typescript') {
    fail(`--language=${show(language)}`, 'the application is TypeScript', 'ts');
  }
  const root = project === undefined || project === '' ? undefined : rootOf(project, config);
  for (const given of [root, sourceRoot, config['sourceRoot']]) {
    if (given === undefined || given === '') continue;
    if (typeof given === 'string' && posix.join(given, '.') === 'src') continue;
    throw new SchematicsException(
      `The source root ${show(given)} is not that of the application, which is src: generate in the directory of the application that is meant.`,
    );
  }
}

/** The source root of a project that nest-cli.json names. */
function rootOf(project: unknown, config: Record<string, unknown>): unknown {
  const projects = record(config['projects']);
  if (typeof project === 'string' && Object.hasOwn(projects, project)) {
    return record(projects[project])['sourceRoot'] ?? 'src';
  }
  throw new SchematicsException(
    `${CONFIG} has no project ${show(project)}: leave --project out, and run this in the directory of the application.`,
  );
}

function baseOf(path: unknown): string {
  if (path === undefined || path === '') return 'src';
  const base = typeof path === 'string' ? posix.join('src', path.replaceAll('\\', '/')) : '';
  if (/^src(?:\/[\w.@-]+)*\/?$/.test(base) && !base.includes('..')) return base.replace(/\/$/, '');
  throw new SchematicsException(
    `The path ${show(path)} is no folder below src: name one, for example --path=billing.`,
  );
}

/** A switch: as it was given, or for resources, or for all schematics. */
function choice(name: string, given: unknown, configured: unknown): boolean | undefined {
  const all = record(configured);
  const value =
    given ?? (typeof configured === 'object' ? (all['resource'] ?? all['res']) : configured);
  if (value === undefined || value === null || typeof value === 'boolean') {
    return value ?? undefined;
  }
  throw new SchematicsException(`${name} cannot be ${show(value)}: set it to true or false.`);
}

function fail(what: string, why: string, remedy: string): never {
  throw new SchematicsException(
    `${what} is not possible, because ${why}: leave it out, or set it to ${remedy}.`,
  );
}

function readConfig(tree: Tree): Record<string, unknown> {
  if (!tree.exists(CONFIG)) return {};
  try {
    return record(JSON.parse(readSource(tree, CONFIG).replace(/^\uFEFF/, '')));
  } catch {
    throw new SchematicsException(`${CONFIG} is not valid JSON: correct it.`);
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
