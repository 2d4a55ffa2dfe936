import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Those of @tsconfig/strictest, and what the application's own settings take from `strict`. */
const FLAGS = {
  strict: true,
  strictPropertyInitialization: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  checkJs: true,
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
};

/** The arguments with which tsc checks an application so. */
export function strictest(directory: string): string[] {
  // Below node_modules, where neither git nor Prettier looks.
  const path = 'node_modules/.strictest.json';
  const settings = {
    extends: '../tsconfig.json',
    compilerOptions: { ...FLAGS, noEmit: true, incremental: false },
    include: ['../src', '../test', '../*.ts'],
    exclude: [],
  };
  writeFileSync(join(directory, path), JSON.stringify(settings));
  return ['-p', path];
}
