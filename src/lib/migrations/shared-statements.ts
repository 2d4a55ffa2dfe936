import { UnsupportedStatementError } from '../errors.js';
import { unquoteIdentifier } from '../sql/identifier.js';
import { lex, TENANT_MARKER, tokens, type Statement } from '../sql/lexer.js';
import { writeTargets } from '../sql/write-targets.js';

/**
 * Whether a statement is about what tenants share, by the schema that it names: it makes, changes or
 * fills something there, or installs an extension.
 */
export function isAboutShared(
  statement: Statement,
  text: string,
  sharedSchemas: readonly string[],
): boolean {
  if (sharedSchemas.length === 0) return false;
  return targetsOf(statement, text).some((schema) => sharedSchemas.includes(schema));
}

/**
 * @param ownSchemas what the tenant's schema is called: the marker, and its name where it is known
 * @param who for the error
 * @throws UnsupportedStatementError for a text of a tenant's migration that makes or changes something
 *   that is not the tenant's: it would be done once for each of them
 */
export function refuseBeyondTenant(
  text: string,
  sharedSchemas: readonly string[],
  ownSchemas: readonly string[] = [TENANT_MARKER],
  who = 'A migration of tenants',
): void {
  // Most texts need not be read for it.
  if (!ABOUT_MORE.test(text)) return;
  for (const statement of lex(text).statements) {
    const targets = targetsOf(statement, text);
    const shared = targets.find((schema) => sharedSchemas.includes(schema));
    if (shared !== undefined) throw changesShared(who, shared);
    const [first, second] = statement.words;
    if (!DEFINES.has(first ?? '')) continue;
    if (second === 'extension') throw changesExtensions(who);
    const other = targets.find((schema) => !ownSchemas.includes(schema) && schema !== 'pg_temp');
    if (other !== undefined) throw changesOther(who, other);
  }
}

const ABOUT_MORE =
  /create|alter|drop|insert|update|delete|merge|truncate|copy|grant|revoke|comment/i;
const DEFINES = new Set(['alter', 'create', 'drop']);
const ON_OBJECTS = new Set(['comment', 'grant', 'revoke']);

function changesShared(who: string, schema: string): UnsupportedStatementError {
  return new UnsupportedStatementError(
    `${who} changes the schema ${schema}, which all tenants share`,
    'Do that in a shared migration, which is applied once: an SQL file called ….shared.sql, or a class with `shared = true`.',
  );
}

function changesExtensions(who: string): UnsupportedStatementError {
  return new UnsupportedStatementError(
    `${who} installs, changes or removes an extension, of which a database has one for all tenants`,
    'Do that in a shared migration, which is applied once, and have the extension in a schema of `sharedSchemas`, where every tenant finds it: CREATE EXTENSION … SCHEMA shared.',
  );
}

function changesOther(who: string, schema: string): UnsupportedStatementError {
  return new UnsupportedStatementError(
    `${who} makes or changes something in the schema ${schema}, once for each tenant`,
    `Where each tenant is to have its own, name no schema or "${TENANT_MARKER}" (tenantSchema, @TenantEntity); where they share it, name the schema in \`sharedSchemas\`, and its migration is applied once.`,
  );
}

/** The schemas that a statement names where it makes, changes, fills or describes something. */
function targetsOf(statement: Statement, text: string): string[] {
  const found = writeTargets(statement, text);
  const [first, second] = statement.words;
  if (second === 'extension') return schemaBehind('schema', statement, text);
  if (!ON_OBJECTS.has(first ?? '')) return found;
  return [...found, ...schemaBehind('on', statement, text)];
}

/** The schema behind a word: SCHEMA "shared", ON TABLE "shared"."countries". */
function schemaBehind(word: string, { start, end }: Statement, text: string): string[] {
  const all = tokens(text.slice(start, end));
  const from = all.indexOf(word) + 1;
  if (from === 0) return [];
  for (let i = from; i < Math.min(all.length, from + MOST_WORDS_OF_KIND); i++) {
    const isSchema = all[i + 1] === '.' || all[i - 1] === 'schema';
    if (isSchema) return [unquoteIdentifier(all[i] ?? '')];
  }
  return [];
}

/** FOREIGN DATA WRAPPER is the longest kind of object. */
const MOST_WORDS_OF_KIND = 4;
