import { quoteLiteral } from '../../sql/identifier.js';
import { lex, TENANT_MARKER } from '../../sql/lexer.js';

const MARKER = `"${TENANT_MARKER}"`;

/** Where TypeORM has written a statement. */
export interface Origin {
  readonly schema: string;
  readonly database: string;
}

/**
 * A statement that TypeORM has written for one schema, as one text that is right for every tenant's.
 * Names get the marker. In strings nothing would replace it, and there the schema is left out: the
 * search path of a migration begins with the tenant's (`nextval('"invoice_seq"')`).
 *
 * @param parameters what TypeORM notes in its own table of metadata: texts, or nothing
 */
export function portableStatement(
  text: string,
  parameters: readonly unknown[] | undefined,
  origin: Origin,
): string {
  const named = text.replaceAll(new RegExp(`"?\\b${origin.schema}\\b"?`, 'g'), MARKER);
  const portable = lex(named)
    .segments.map((segment) => segment.replaceAll(`${MARKER}.`, ''))
    .join(MARKER);
  if (!parameters) return portable;
  return portable.replaceAll(/\$(\d+)/g, (_, number) =>
    valueOf(String(parameters[Number(number) - 1]), origin),
  );
}

function valueOf(value: string, { schema, database }: Origin): string {
  if (value === schema || value === TENANT_MARKER) return 'current_schema()';
  return value === database ? 'current_database()' : quoteLiteral(value);
}
