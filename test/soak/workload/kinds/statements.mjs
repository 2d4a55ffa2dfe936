import { LIBRARIES } from '../../../support/statement-kinds/index.mjs';

/** There are many of them: together they come up about as often as all other kinds. */
const WEIGHT = 0.5;

/** The libraries of an application with that ORM, which may have another one beside it. */
export const librariesOf = (orm) => ['pg', orm, 'kysely'];

/**
 * Every way in which libraries send statements through a pool, as kinds of work.
 *
 * @param names of the libraries
 * @param open opens one
 */
export async function openStatements(names, open) {
  const opened = [];
  for (const name of names) opened.push({ name, ...(await open(LIBRARIES[name])) });
  return {
    kinds: opened.flatMap(({ name, kinds }) => kinds.map((kind) => asWork(name, kind))),

    async close() {
      for (const each of opened) await each.close();
    },
  };
}

const asWork = (library, { name, run }) => ({
  name: `${library}: ${name}`,
  weight: WEIGHT,
  run: async ({ tenant, random, see }) => see(await run(tenant.slug, random)),
});
