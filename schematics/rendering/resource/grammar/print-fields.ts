import { keptOf } from '../column-type';
import type { ResourceField } from '../field';

/** A field as it would be asked for: what `parseFields` reads again as the same. */
export function printField(field: ResourceField): string {
  if (keptOf(field)) return `${field.name}:${field.type}${field.index ? ':index' : ''}`;
  const args =
    field.args.length > 0 ? `(${field.args.map(printArg).join(separatorOf(field))})` : '';
  const parts = [
    `${field.name}:${field.type}${args}${field.array ? '[]' : ''}${field.optional ? '?' : ''}`,
    ...(field.unique ? ['unique'] : []),
    ...(field.index ? ['index'] : []),
    ...(field.min === undefined ? [] : [`min(${field.min})`]),
    ...(field.max === undefined ? [] : [`max(${field.max})`]),
  ];
  return parts.join(':') + (field.default === undefined ? '' : `=${printDefault(field.default)}`);
}

function separatorOf({ type }: ResourceField): string {
  return type === 'enum' ? '|' : ',';
}

function printArg(arg: string): string {
  return /^[^,|()'"\s]+$/.test(arg) ? arg : quote(arg);
}

function printDefault(value: string): string {
  return /^[^\s'",;]+$/.test(value) ? value : quote(value);
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
