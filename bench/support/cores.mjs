// Node and PostgreSQL on cores of their own, as on two machines. Left to itself the scheduler puts
// them on one core or on two as it comes, and a figure says which it was in that run.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const cores = allowedCores();
const [clientCore, ...serverCores] = cores;

/** Whether this machine can do it: Linux, with two cores or more. */
export const canPin =
  serverCores.length > 0 && spawnSync('taskset', ['--version']).error === undefined;

/** Runs `work`; the server that it starts stays on the cores that the measured processes leave. */
export async function onServerCores(work) {
  if (!canPin) return work();
  pinThisProcess(serverCores);
  try {
    return await work();
  } finally {
    pinThisProcess(cores);
  }
}

/** A program and its arguments, so that it runs on the core of what is measured. */
export function onClientCore(program, args) {
  return canPin ? ['taskset', ['-c', String(clientCore), program, ...args]] : [program, args];
}

function pinThisProcess(list) {
  const { status, stderr } = spawnSync(
    'taskset',
    ['--all-tasks', '--cpu-list', '--pid', list.join(), String(process.pid)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`taskset failed: ${stderr}`);
}

/** Of this process: a container may have some of the machine's only. */
function allowedCores() {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  } catch {
    return [];
  }
}
