import pg from 'pg';

/** How many of a thousand commits are cut. */
const OF_A_THOUSAND = 10;

/**
 * Has connections of this process be lost right after a COMMIT was sent on them, at random: what the
 * server did about it is then not known here.
 */
export function cutCommits(random) {
  const { prototype } = pg.Connection;
  prototype.query = new Proxy(Reflect.get(prototype, 'query'), {
    apply(query, connection, [text]) {
      Reflect.apply(query, connection, [text]);
      if (!/^commit\b/i.test(text) || !random.chance(OF_A_THOUSAND / 1_000)) return;
      // In a later turn, when the server has got it but its answer has not been read.
      setImmediate(() => connection.stream.destroy());
    },
  });
}
