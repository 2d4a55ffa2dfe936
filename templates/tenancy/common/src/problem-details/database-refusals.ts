import { HttpStatus } from '@nestjs/common';

export interface Refusal {
  status: number;
  detail: string;
  /** Default: the name of the status. */
  code?: string;
}

const unacceptable: Refusal = {
  status: HttpStatus.BAD_REQUEST,
  code: 'VALUE_NOT_ACCEPTABLE',
  detail: 'A value is too large, too long or otherwise not acceptable.',
};

/** What PostgreSQL refuses because of the data in the request, by SQLSTATE. */
const REFUSALS: Partial<Record<string, Refusal>> = {
  '22001': unacceptable, // string too long
  '22003': unacceptable, // number out of range
  '22007': unacceptable, // no date or time
  '22008': unacceptable, // date or time out of range
  '22009': unacceptable, // offset of a time zone
  '22021': unacceptable, // text with a NUL character
  '22023': unacceptable, // name of a time zone
  '22P02': unacceptable, // no value of the type
  '22P05': unacceptable, // the same in JSON
  '23514': unacceptable, // beyond what a check allows
  '23503': {
    status: HttpStatus.CONFLICT,
    code: 'STILL_REFERENCED',
    detail: 'The record refers to, or is referred to by, another one.',
  },
  '23505': {
    status: HttpStatus.CONFLICT,
    code: 'ALREADY_EXISTS',
    detail: 'A record with the same unique value exists already.',
  },
};

export function findDatabaseRefusal(error: Error): Refusal | undefined {
  return 'code' in error && typeof error.code === 'string'
    ? REFUSALS[error.code]
    : undefined;
}
