import { setTimeout as delay } from 'node:timers/promises';
import { Load } from './load.mjs';
import { startServer } from './server-process.mjs';

/**
 * One contestant with so many tenants, side by side with ours: both are fresh processes on the same
 * server, and are asked in short turns, so that whatever else the machine does
 * falls on both. Both are killed at the end.
 *
 * @returns of each: correct reads per second in its turns after the warm-up; and of all its turns
 *   the correct reads, failed ones, wrong rows, what the failures were, and the most connections
 *   that it had open at a time
 */
export async function runStep(contestant, ours, tenants, database, options) {
  const sides = await Promise.all([
    openSide(contestant, database.logins.contestant, tenants, options),
    openSide(ours, database.logins.ours, tenants, options),
  ]);
  try {
    await Promise.race([
      takeTurns(sides, options),
      // Requests have their own limit; this is for what goes wrong all the same.
      delay(options.stepLimitMs).then(() => sides.forEach((side) => side.server.kill())),
    ]);
    return await Promise.all(sides.map(outcomeOf));
  } finally {
    await Promise.all(sides.map(closeSide));
  }
}

async function openSide(contestant, login, tenants, options) {
  const connections = login.watchConnections();
  const server = await startServer(contestant, login.connection, options.startLimitMs);
  const load = server.url && new Load(server, tenants, options);
  return { contestant, login, connections, server, load, measured: { correct: 0, elapsedMs: 0 } };
}

async function takeTurns(sides, { warmUpMs, turns, turnMs }) {
  const running = sides.filter(({ load }) => load);
  for (const { load } of running) await load.run(warmUpMs);
  for (let turn = 0; turn < turns; turn++) {
    for (const { load, measured } of turn % 2 === 0 ? running : running.toReversed()) {
      const { correct, elapsedMs } = await load.run(turnMs);
      measured.correct += correct;
      measured.elapsedMs += elapsedMs;
    }
  }
}

async function outcomeOf({ contestant, connections, server, load, measured }) {
  const { correct = 0, failed = 0, wrongRows = 0, errors = [] } = load ?? {};
  const fatal = server.error
    ? { [`does not start: ${server.error}`]: 1 }
    : server.hasEnded() && { [`the process ended: ${server.lastWords()}`]: 1 };
  return {
    contestant,
    rate: measured.elapsedMs > 0 ? (measured.correct * 1_000) / measured.elapsedMs : 0,
    correct,
    failed,
    wrongRows,
    errors: { ...fatal, ...Object.fromEntries(errors) },
    connections: await connections.highest(),
  };
}

async function closeSide({ login, connections, server, load }) {
  await connections.stop();
  await server.kill();
  await load?.close();
  await login.untilAllClosed();
}
