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
  readonly additionalProperties?: unknown;
}

export function typesOf(property: Property | undefined): readonly string[] {
  const type = property?.type ?? [];
  return typeof type === 'string' ? [type] : type;
}

/** Whether options that the schema does not list are meant to be passed. */
export function isOpen(schema: OptionsSchema): boolean {
  return schema.properties === undefined || Boolean(schema.additionalProperties);
}

/** The options that positional arguments fill, in order: what the schema says, or else `name`. */
export function positionalNames(schema: OptionsSchema): string[] {
  const declared = Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.$default?.$source === 'argv')
    .toSorted(([, a], [, b]) => (a.$default?.index ?? 0) - (b.$default?.index ?? 0))
    .map(([name]) => name);
  if (declared.length > 0) return declared;
  return isOpen(schema) || schema.properties?.['name'] ? ['name'] : [];
}

/** The option that a flag such as `--skip-git`, `--skipGit` or `-g` stands for, without its dashes. */
export function optionName(schema: OptionsSchema, flag: string): string {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.alias === flag || property.aliases?.includes(flag)) return name;
  }
  return flag.replace(/-+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function flagName(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
