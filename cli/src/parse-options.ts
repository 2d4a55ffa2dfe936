import { CliError } from './cli-error';
import {
  flagName,
  optionName,
  type OptionsSchema,
  positionalNames,
  type Property,
  typesOf,
} from './schema';

export type OptionValue = string | number | boolean | OptionValue[];

export interface ParsedOptions {
  /** For the schematic. */
  readonly options: Record<string, OptionValue>;
  /** For this command. */
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly help: boolean;
  readonly interactive: boolean;
}

/** Flags of this command itself, understood with every schematic. */
const OWN_FLAGS: OptionsSchema = {
  properties: {
    dryRun: { type: 'boolean', alias: 'd' },
    force: { type: 'boolean' },
    help: { type: 'boolean', alias: 'h' },
    interactive: { type: 'boolean' },
  },
};

/**
 * Reads the arguments after `<collection>:<schematic>` by the schematic's own schema, which is what
 * tells a switch from a flag that takes the next argument, and text from a number.
 */
export function parseOptions(schema: OptionsSchema, args: readonly string[]): ParsedOptions {
  const options: Record<string, OptionValue> = {};
  const own: Record<string, OptionValue> = {};
  const positionals: string[] = [];

  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      positionals.push(arg);
      continue;
    }
    const flag = readFlag(schema, arg);
    let value = flag.value;
    if (value === undefined && takesValue(flag, args[i + 1])) value = args[++i];
    const target = flag.isOwn ? own : options;
    add(target, flag, convert(flag, value));
  }

  assignPositionals(schema, options, positionals);
  return {
    options,
    // A schematic may have these too: then both are told.
    dryRun: own['dryRun'] === true || options['dryRun'] === true,
    force: own['force'] === true || options['force'] === true,
    help: own['help'] === true,
    interactive: own['interactive'] !== false,
  };
}

interface Flag {
  /** As typed, for messages. */
  readonly typed: string;
  readonly name: string;
  readonly property: Property | undefined;
  readonly isOwn: boolean;
  /** What the flag itself says: the part after `=`, or false for `--no-…`. */
  readonly value: string | false | undefined;
}

function readFlag(schema: OptionsSchema, arg: string): Flag {
  const [typed = arg] = arg.split('=', 1);
  const value = typed === arg ? undefined : arg.slice(typed.length + 1);

  const found = lookUp(schema, typed);
  if (found) return { typed, value, ...found };

  const negated = /^--no(?:-|(?=[A-Z]))(.+)$/.exec(typed)?.[1];
  if (negated && value === undefined) {
    const positive = `--${negated.charAt(0).toLowerCase()}${negated.slice(1)}`;
    const switched = lookUp(schema, positive) ?? unlisted(schema, positive);
    return { typed, value: false, ...switched };
  }
  return { typed, value, ...unlisted(schema, typed) };
}

type Option = Pick<Flag, 'name' | 'property' | 'isOwn'>;

/** Flags that the schema does not list are passed on: whether to refuse them is the schematic's. */
function unlisted(schema: OptionsSchema, typed: string): Option {
  return { name: optionName(schema, typed), property: undefined, isOwn: false };
}

function lookUp(schema: OptionsSchema, typed: string): Option | undefined {
  for (const each of [schema, OWN_FLAGS]) {
    const name = optionName(each, typed);
    if (each.properties && Object.hasOwn(each.properties, name)) {
      return { name, property: each.properties[name], isOwn: each === OWN_FLAGS };
    }
  }
  return undefined;
}

/** Whether a flag without a value of its own takes the next argument. */
function takesValue(flag: Flag, next: string | undefined): boolean {
  if (next === undefined) return false;
  const types = typesOf(flag.property);
  if (types.includes('boolean')) return next === 'true' || next === 'false';
  const isNumber = types.includes('number') || types.includes('integer');
  return !next.startsWith('-') || next === '-' || (isNumber && /^-\d/.test(next));
}

function convert(flag: Flag, value: string | false | undefined): OptionValue {
  if (value === false) return false;
  const types = typesOf(flag.property);
  const isUntyped = types.length === 0;
  if (value === undefined) {
    if (isUntyped || types.includes('boolean')) return true;
    const choices = flag.property?.enum ? `: ${flag.property.enum.join(' or ')}` : '';
    throw new CliError(`${flag.typed} needs a value${choices}.`);
  }
  if (types.includes('boolean') || isUntyped) {
    if (value === 'true') return true;
    if (value === 'false') return false;
  }
  if (types.includes('number') || types.includes('integer') || isUntyped) {
    const number = Number(value);
    // Only what is written as a number: `007` and the empty string stay text.
    if (String(number) === value) return number;
  }
  return value;
}

function add(target: Record<string, OptionValue>, flag: Flag, value: OptionValue): void {
  const previous = target[flag.name];
  if (!typesOf(flag.property).includes('array')) target[flag.name] = value;
  else target[flag.name] = [...(Array.isArray(previous) ? previous : []), value];
}

function assignPositionals(
  schema: OptionsSchema,
  options: Record<string, OptionValue>,
  positionals: readonly string[],
): void {
  const names = positionalNames(schema);
  for (const [index, value] of positionals.entries()) {
    const name = names[index];
    if (name === undefined) {
      throw new CliError(`"${value}" is one argument too many. Write flags with their dashes.`);
    }
    if (name in options) {
      throw new CliError(
        `${flagName(name)} is given twice: "${String(options[name])}" and "${value}".`,
      );
    }
    options[name] = value;
  }
}
