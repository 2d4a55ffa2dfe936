import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const ORMS = ['drizzle', 'typeorm'];

/** Reads the flags, also those that npm took for its own when the `--` before them was forgotten. */
export function readOptions(args, env) {
  const { values } = parseArgs({
    args,
    options: {
      orm: { type: 'string', default: env.npm_config_orm ?? 'drizzle' },
      dir: { type: 'string', default: env.npm_config_dir },
      once: { type: 'boolean', default: env.npm_config_once === 'true' },
    },
  });
  if (!ORMS.includes(values.orm)) {
    throw new Error(`--orm cannot be "${values.orm}". Use one of: ${ORMS.join(', ')}.`);
  }
  return {
    orm: values.orm,
    once: values.once,
    // npm runs scripts in the package's directory; a relative path means where the user is.
    directory: values.dir && emptyDirectory(resolve(env.INIT_CWD ?? '.', values.dir)),
  };
}

function emptyDirectory(path) {
  if (!existsSync(path)) mkdirSync(path, { recursive: true });
  if (!statSync(path).isDirectory() || readdirSync(path).length > 0) {
    throw new Error(
      `--dir=${path} is not an empty directory. Name another, or one that is absent.`,
    );
  }
  return path;
}
