import type { ValueTransformer } from 'typeorm';

/** Bytes; base64 in code and in JSON. */
export const bytes: ValueTransformer = {
  to: (value?: string | null) =>
    typeof value === 'string' ? Buffer.from(value, 'base64') : value,
  from: (value: Buffer | null) => value?.toString('base64') ?? null,
};
