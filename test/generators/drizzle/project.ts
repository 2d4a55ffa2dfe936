import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../../..');
const CONFIG = `export default { dialect: 'postgresql', schema: './schema.ts', out: './migrations' };\n`;

/** A project that drizzle-kit works on, inside the repository, where its packages are found. */
export class Project {
  readonly directory: string;

  /** @param schema a file beside this one */
  constructor(schema: string) {
    mkdirSync(join(ROOT, '.tmp'), { recursive: true });
    this.directory = mkdtempSync(join(ROOT, '.tmp', 'drizzle-'));
    cpSync(join(__dirname, schema), this.#schema);
    writeFileSync(join(this.directory, 'drizzle.config.ts'), CONFIG);
  }

  get migrations(): string {
    return join(this.directory, 'migrations');
  }

  get #schema(): string {
    return join(this.directory, 'schema.ts');
  }

  async generate(name: string): Promise<string> {
    const kit = join(ROOT, 'node_modules/drizzle-kit/bin.cjs');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [kit, 'generate', `--name=${name}`],
      { cwd: this.directory },
    );
    return stdout;
  }

  edit(...edits: readonly (readonly [from: string, to: string])[]): void {
    let text = readFileSync(this.#schema, 'utf8');
    for (const [from, to] of edits) {
      if (!text.includes(from)) throw new Error(`Not in the schema: ${from}`);
      text = text.replace(from, () => to);
    }
    writeFileSync(this.#schema, text);
  }

  sql(): string {
    return readdirSync(this.migrations)
      .filter((file) => file.endsWith('.sql'))
      .map((file) => readFileSync(join(this.migrations, file), 'utf8'))
      .join('\n');
  }
}
