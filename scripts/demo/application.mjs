import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { npm } from '../npm.mjs';

const START_TIMEOUT_MS = 60_000;

/** Builds and starts the generated application; returns its address once it answers. */
export async function startApplication(processes, cwd) {
  await processes.run(...npm(['run', 'build']), { cwd });
  const port = await freePort();
  const address = `http://localhost:${port}`;
  const app = processes.start(process.execPath, ['dist/main.js'], {
    cwd,
    env: { PORT: `${port}` },
  });

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(address))) {
    if (!app.isRunning() || Date.now() > deadline) {
      const reason = app.isRunning() ? 'did not answer within a minute' : 'ended by itself';
      throw Object.assign(new Error(`The application ${reason}.`), { output: app.output() });
    }
    await sleep(200);
  }
  return address;
}

async function answers(address) {
  try {
    await fetch(address);
    return true;
  } catch {
    // Nothing listens yet.
    return false;
  }
}

/** 3000, which is where people look, or any other when it is taken. */
async function freePort() {
  for (const port of [3000, 0]) {
    const free = await tryPort(port);
    if (free) return free;
  }
  throw new Error('There is no free port.');
}

function tryPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, () => {
      const { port: taken } = server.address();
      server.close(() => resolve(taken));
    });
  });
}
