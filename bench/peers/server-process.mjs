import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));

/**
 * Starts a contestant in a fresh process.
 *
 * @returns its URL, or the error for which it does not start
 */
export async function startServer(contestant, connection, limitMs) {
  const child = fork(SERVER, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const stderr = tail(child.stderr);
  child.send({ contestant, connection });
  return {
    ...(await answerOf(child, limitMs)),
    hasEnded: () => hasEnded(child),
    lastWords: stderr,
    kill: () => kill(child),
  };
}

async function answerOf(child, limitMs) {
  const answered = new AbortController();
  const { signal } = answered;
  try {
    const [result] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => [{ error: `ended with status ${code}` }]),
      delay(limitMs, [{ error: `hung for ${limitMs / 1_000} s` }], { signal }),
    ]);
    return result;
  } finally {
    answered.abort();
  }
}

const hasEnded = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

async function kill(child) {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Keeps the end of a stream, and finds the line in it that names the error. */
function tail(stream) {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk) => (text = (text + chunk).slice(-10_000)));
  return () => /^\w*error\b.*$/im.exec(text)?.[0].trim() ?? 'it said nothing';
}
