// A PgBouncer for the tests, on machines where it takes no more than a command to have one.
import { spawnSync } from 'node:child_process';
import { findPgBouncer } from '../../test/support/pgbouncer/find.mjs';

/**
 * Installs Debian's package of PgBouncer where the program is missing and this runs as root. A
 * machine that cannot have it is no failure: the tests that need it are skipped, and say so.
 */
export function installPgBouncer(progress) {
  if (findPgBouncer() || process.getuid?.() !== 0 || !run('apt-get', ['--version']).ok) return;
  progress('Installing PgBouncer');
  let installed = install();
  // The lists of packages are missing on a fresh machine, or name a version that is gone.
  if (!installed.ok) {
    run('apt-get', ['update', ...PATIENCE]);
    installed = install();
  }
  if (installed.ok) stopService();
  else progress(`PgBouncer cannot be installed, so its tests are skipped:\n${installed.output}`);
}

// No network is an answer within seconds, and another apt-get at work is waited for.
const PATIENCE = ['--quiet', '-o', 'Acquire::http::Timeout=10', '-o', 'DPkg::Lock::Timeout=60'];

function install() {
  return run('apt-get', ['install', '--yes', '--no-install-recommends', ...PATIENCE, 'pgbouncer']);
}

/** The package starts a service, now and with the machine. The tests start their own. */
function stopService() {
  run('service', ['pgbouncer', 'stop']);
  run('update-rc.d', ['pgbouncer', 'disable']);
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}
