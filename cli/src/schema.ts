/** The parts of a schematic's schema.json that a command line needs. */
export interface Property {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly alias?: string;
  readonly aliases?: readonly string[];
  readonly visible?: boolean;
  readonly $default?: { readonly $source?: string; readonly index?: number };
}

export interface OptionsSchema {
  readonly properties?: Readonly<Record<string, Property>>;
}

export function typesOf(property: Property | undefined): readonly string[] {
  const type = property?.type ?? [];
  return typeof type === 'string' ? [type] : type;
}

/** The options that positional arguments fill, in order: what the schema says, or else `name`. */
export function positionalNames(schema: OptionsSchema): string[] {
  const declared = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.$default?.$source === 'argv')
    .toSorted(([, a], [, b]) => (a.$default?.index ?? 0) - (b.$default?.index ?? 0))
    .map(([name]) => name);
  return declared.length > 0 ? declared : ['name'];
}

/** The option that a flag as typed stands for: `--skip-git`, `--skipGit`, or `-g` by its alias. */
export function optionName(schema: OptionsSchema, typed: string): string {
  for (const [name, { alias, aliases = [] }] of Object.entries(schema.properties ?? {})) {
    const flags = [alias, ...aliases].map((each) =>
      each?.length === 1 ? `-${each}` : `--${each}`,
    );
    if (flags.includes(typed)) return name;
  }
  return typed
    .replace(/^--?/, '')
    .replace(/-+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function flagName(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
