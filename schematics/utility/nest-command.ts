/** A package of a few lines in the project that settles which `nest` its package manager links. */
export interface NestCommand {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

/**
 * What a project needs so that `nest` is the command of @mt/cli, when @nestjs/cli is there as well.
 *
 * npm links the first of two packages that offer the same command, in alphabetical order, and that is
 * ours. pnpm and yarn link the last, but all prefer a package that has the command's own name: so the
 * project gets one, which does nothing but hand over to @mt/cli.
 */
export function nestCommand(packageManager: string): NestCommand {
  if (packageManager === 'npm') return { devDependencies: {}, files: [] };
  return {
    // pnpm would copy a `file:` package to where it cannot see @mt/cli; yarn links no command of a
    // `link:` package.
    devDependencies: { nest: `${packageManager === 'pnpm' ? 'link' : 'file'}:.mt/nest` },
    files: [
      {
        path: '.mt/nest/package.json',
        content: `${JSON.stringify(
          { name: 'nest', version: '0.0.0', private: true, bin: { nest: 'nest.js' } },
          undefined,
          2,
        )}\n`,
      },
      {
        path: '.mt/nest/nest.js',
        content:
          '#!/usr/bin/env node\n' +
          "// The package manager links this one, not that of @nestjs/cli, for the package's name.\n" +
          "require('@mt/cli/bin/nest.js');\n",
      },
    ],
  };
}
