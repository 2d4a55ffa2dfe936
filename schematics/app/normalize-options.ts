import { posix } from 'node:path';
import { strings } from '@angular-devkit/core';
import { SchematicsException } from '@angular-devkit/schematics';
import { assertKnownOptions, parseChoice, show } from '../utility/options';
import { ORMS, type Orm } from '../utility/project';
import type { AppOptions } from './schema';

export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

export const ISOLATIONS = ['schema', 'role'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export const PACKAGE_MANAGERS = ['npm', 'pnpm', 'yarn'] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** The options with every default and every check applied; nothing downstream decides again. */
export interface NormalizedOptions {
  /** A valid npm package name. */
  readonly name: string;
  /** Relative to the root of the tree; empty for the root itself. */
  readonly directory: string;
  readonly orm: Orm;
  readonly platform: Platform;
  /** What keeps tenants apart, unless the environment of the application says otherwise. */
  readonly isolation: Isolation;
  readonly packageManager: PackageManager;
  /** Whether unit specs are generated. */
  readonly spec: boolean;
  readonly install: boolean;
  readonly git: boolean;
}

const KNOWN = [
  'name',
  'orm',
  'platform',
  'isolation',
  'packageManager',
  'directory',
  'skipGit',
  'skipInstall',
] as const satisfies readonly (keyof AppOptions)[];

/** @throws SchematicsException in one line for the first option that makes no sense */
export function normalizeOptions(options: AppOptions): NormalizedOptions {
  assertKnownOptions(options, KNOWN);
  assertTypeScriptModules(options);
  const name = parseName(options.name ?? 'app');
  const stockNew = isStockNew(options);
  return {
    name,
    directory: parseDirectory(givenDirectory(options, stockNew) ?? name),
    orm: parseChoice('orm', options.orm ?? 'drizzle', ORMS),
    platform: parseChoice('platform', options.platform ?? 'express', PLATFORMS),
    isolation: parseChoice('isolation', options.isolation ?? 'schema', ISOLATIONS),
    packageManager: parseChoice(
      'package-manager',
      options.packageManager ?? 'npm',
      PACKAGE_MANAGERS,
    ),
    spec: parseSwitch('spec', options.spec ?? true),
    install: !stockNew && !parseSwitch('skip-install', options.skipInstall ?? false),
    git: !stockNew && !parseSwitch('skip-git', options.skipGit ?? false),
  };
}

/** `nest new` installs and makes the repository itself afterwards. It is the only one to pass `strict`. */
function isStockNew({ collection, strict }: AppOptions): boolean {
  return collection !== undefined && strict !== undefined;
}

/** Nest CLI 11 passes `--directory=undefined` where none was given. */
function givenDirectory({ directory }: AppOptions, stockNew: boolean): unknown {
  return stockNew && directory === 'undefined' ? undefined : directory;
}

function assertTypeScriptModules({ language, type }: AppOptions): void {
  if (language !== undefined && !/^(ts|typescript)$/i.test(textOf(language))) {
    throw new SchematicsException(
      `Applications are generated in TypeScript only: leave out --language=${textOf(language)}.`,
    );
  }
  if (type !== undefined && type !== 'esm') {
    throw new SchematicsException(
      `Applications are generated as ES modules only: leave out --type=${textOf(type)}.`,
    );
  }
}

/** Command lines turn `42` into a number; whatever is no text at all is refused where it is used. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : show(value);
}

/** npm's rules for new packages, and nothing that leads out of the directory. */
const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const FORBIDDEN_NAMES = new Set(['node_modules', 'favicon.ico']);
const MAX_NAME_LENGTH = 214;

function parseName(value: unknown): string {
  const given = textOf(value);
  const name = /^[A-Za-z][A-Za-z0-9]*$/.test(given) ? strings.dasherize(given) : given;
  if (Array.isArray(value)) throw refuseName(value, 'there is more than one');
  if (name.trim() === '') throw refuseName(value, 'it is empty');
  if (name.length > MAX_NAME_LENGTH) throw refuseName(value, 'it is too long');
  if (!PACKAGE_NAME.test(name) || FORBIDDEN_NAMES.has(name)) {
    throw refuseName(value, 'npm packages cannot be called so');
  }
  return name;
}

function refuseName(value: unknown, reason: string): SchematicsException {
  return new SchematicsException(
    `${show(value)} is no name for an application: ${reason}. Use lower-case letters, digits and "-", for example my-saas.`,
  );
}

function parseDirectory(value: unknown): string {
  const directory = posix.normalize(textOf(value).replaceAll('\\', '/')).replace(/\/$/, '');
  if (
    posix.isAbsolute(directory) ||
    /^[A-Za-z]:/.test(directory) ||
    /^\.\.(\/|$)/.test(directory)
  ) {
    throw new SchematicsException(
      `The directory ${show(value)} is not below the current one: change to the place where the application should be, and give a relative path.`,
    );
  }
  return directory === '.' ? '' : directory;
}

function parseSwitch(flag: string, value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new SchematicsException(
    `Unknown value ${show(value)} for --${flag}: choose true or false.`,
  );
}
