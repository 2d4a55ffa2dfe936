/** A statement that tells in one row whose objects it has found. */
export interface Probe {
  readonly name: string;
  /** With the marker in front of what is named; undefined where there is nothing to mark. */
  readonly marked: string | undefined;
  readonly bare: string;
  /** Whether it only reads, so that it can be put into others. */
  readonly reads: boolean;
}

function reads(name: string, text: string): Probe {
  return { ...probe(name, text), reads: true };
}

function writes(name: string, text: string): Probe {
  return { ...probe(name, text), reads: false };
}

/** `%` stands where the marker may. */
function probe(name: string, text: string) {
  const bare = text.replaceAll('%', '');
  return {
    name,
    bare,
    marked: text.includes('%') ? text.replaceAll('%', '"$tenant".') : undefined,
  };
}

/** The number that a sequence gave, as the name of whose it is. */
const drawnBy = (number: string) =>
  `(array['acme', 'globex', '', '', '', '', '', '', 'public'])[(${number} / 1000000)::integer]`;

export const PROBES: readonly Probe[] = [
  reads('a table', 'select owner from %settings'),
  reads('a function', 'select %whose() as owner'),
  reads('a function in SQL', 'select %whose_in_sql() as owner'),
  reads('a view over a function', 'select owner from %seen'),
  reads('an operator', 'select 1 === 1 as owner'),
  reads('a qualified operator', 'select 1 operator(%===) 1 as owner'),
  reads('a join with what is shared', 'select owner from %settings, countries where code = $$fr$$'),
  reads(
    'a join with the schema named',
    'select owner from %settings, shared.countries where code = $$fr$$',
  ),
  reads(
    'a marked and a bare table',
    'select a.owner from %settings a join settings b using (owner)',
  ),
  reads(
    'an operator of an extension',
    'select owner from %people where email = $$ADA@example.COM$$',
  ),
  reads(
    'a text search configuration',
    `select owner from %settings where to_tsvector('plain', 'Hôtel') @@ to_tsquery('plain', 'hotel')`,
  ),
  reads(
    'a name in a string',
    `select owner from %settings where 'settings'::regclass = (
       select oid from pg_class
       where relname = 'settings' and relnamespace = current_schema()::regnamespace)`,
  ),
  reads('a type', `select owner from %settings where pg_typeof('happy'::mood)::text = 'mood'`),
  reads('a domain', `select split_part('|'::note || whose(), '|', 2) as owner from %settings`),
  writes('a sequence', `select ${drawnBy(`nextval('numbers')`)} as owner from %settings`),
  writes('a default', 'insert into %notes (note) values (null) returning owner'),
  writes('a trigger', 'insert into %items default values returning owner'),
  writes(
    'a default from a function over a sequence',
    `insert into %items default values returning ${drawnBy('number')} as owner`,
  ),
  writes(
    'a default from a sequence',
    `insert into %items default values returning ${drawnBy('drawn')} as owner`,
  ),
  writes(
    'what a trigger has written',
    `with made as (insert into %items default values returning id)
     select replace((select 'trigger of ' || whose() from made), 'trigger of ', '') as owner`,
  ),
];
