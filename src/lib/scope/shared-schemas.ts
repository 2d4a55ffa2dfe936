import { ConfigurationError } from '../errors.js';
import { MAX_IDENTIFIER_BYTES } from '../sql/identifier.js';
import { TENANT_MARKER } from '../sql/lexer.js';

/** The shared schema that is meant where none is named. */
export const DEFAULT_SHARED_SCHEMA = 'shared';

/** Names that need no quotes: they stand in configuration, in SQL and in code alike. */
const NAME = /^[a-z_][a-z0-9_]*$/;

/**
 * Checks the schemas that tenants share.
 *
 * @throws ConfigurationError for one that is no schema that could be shared
 */
export function parseSharedSchemas(schemas: readonly string[]): readonly string[] {
  if (!Array.isArray(schemas)) throw refusal(schemas, 'they are not a list');
  for (const [index, schema] of schemas.entries()) {
    const flaw = flawOf(schema) ?? (schemas.indexOf(schema) < index ? 'it is there twice' : '');
    if (flaw) throw refusal(schema, flaw);
  }
  return Object.freeze([...schemas]);
}

function flawOf(schema: unknown): string | undefined {
  if (typeof schema !== 'string') return 'it is not text';
  if (schema === TENANT_MARKER) return 'it stands for the tenant’s own schema';
  if (!NAME.test(schema)) return 'it has characters that would need quotes, or is empty';
  if (schema.length > MAX_IDENTIFIER_BYTES)
    return `it is longer than ${MAX_IDENTIFIER_BYTES} bytes`;
  if (schema.startsWith('pg_') || schema === 'information_schema') return 'it is PostgreSQL’s own';
  return undefined;
}

function refusal(value: unknown, reason: string): ConfigurationError {
  return new ConfigurationError(
    `The option sharedSchemas cannot have ${JSON.stringify(value)}: ${reason}.`,
    { remedy: 'Name schemas by lower-case letters, digits and "_", for example ["shared"].' },
  );
}
