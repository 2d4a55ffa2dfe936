import { created, deleted, updated, version } from './kept';
import { bigint, boolean, decimal, float, int, smallint } from './numbers';
import { bytes, enumeration, json } from './others';
import { ref } from './reference';
import { email, string, text, url, uuid } from './text';
import { date, interval, time, timestamptz } from './times';

import type { FieldType } from './field-type';

export type { Reference } from './reference';
export { FieldTypeError } from './field-type';
export type {
  ColumnType,
  Constant,
  DefaultExpression,
  Kept,
  Listed,
  Validator,
} from './field-type';

/** Every type of field, by the word that it is asked for with. Another one is an object of its own, and a row here. */
const TYPES = {
  string,
  text,
  int,
  smallint,
  bigint,
  decimal,
  float,
  boolean,
  date,
  time,
  timestamptz,
  interval,
  uuid,
  json,
  bytes,
  enum: enumeration,
  email,
  url,
  ref,
  created,
  updated,
  deleted,
  version,
};

export type FieldTypeName = keyof typeof TYPES;

export const FIELD_TYPES: Readonly<Record<FieldTypeName, FieldType>> = TYPES;
