// `npm run demo`: generates an application with the user's own commands, runs it on an embedded
// PostgreSQL, and shows over HTTP that two tenants with the same ids do not see each other's rows.
//
//   npm run demo -- [--orm=drizzle|typeorm] [--dir=PATH] [--once]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './demo/options.mjs';
import { editByHand, showBoth } from './demo/hand-edit.mjs';
import { checkIsolation } from './demo/isolation.mjs';
import { Processes } from './demo/processes.mjs';
import { Steps } from './demo/steps.mjs';
import { startApplication } from './demo/application.mjs';
import { npm } from './npm.mjs';
import { ensureReady, root } from './setup.mjs';

const processes = new Processes();
const steps = new Steps();

try {
  const options = readOptions(process.argv.slice(2), process.env);
  process.exitCode = await demo(options);
} catch (error) {
  console.error(processes.isStopping ? 'Stopped before the demo was done.' : steps.failure(error));
  process.exitCode = 1;
} finally {
  await processes.stopAll();
}

async function demo({ orm, directory, once }) {
  const app = directory ?? mkdtempSync(join(tmpdir(), 'mt-demo-'));
  console.log(`A multi-tenant application with ${orm}, in ${app}\n`);

  await steps.run('Installing and building what this checkout is missing', (progress) =>
    ensureReady(progress),
  );

  const npmInApp = (...args) => processes.run(...npm(args), { cwd: app });
  const generate = `nest g @mt/schematics:app shop --orm=${orm}`;
  await steps.run(`Generating the application: ${generate}`, () =>
    processes.run(
      process.execPath,
      [
        join(root, 'cli', 'bin', 'nest.js'),
        ...generate.split(' ').slice(1),
        '--directory=.',
        '--skip-install',
      ],
      { cwd: app },
    ),
  );
  await steps.run('Installing its packages: npm install', () =>
    npmInApp('install', '--no-audit', '--no-fund'),
  );
  await steps.run('Adding a resource: npm run resource -- invoices', () =>
    npmInApp('run', 'resource', '--', 'invoices'),
  );
  await steps.run('Editing a generated file by hand', async (progress) =>
    editByHand(app, progress),
  );
  await steps.run(
    'Adding a field: npm run field -- invoices --add="dueOn:date?"',
    async (progress) => {
      await npmInApp('run', 'field', '--', 'invoices', '--add=dueOn:date?');
      showBoth(app, progress);
    },
  );
  for (const tenant of ['acme', 'globex']) {
    await steps.run(`Creating a tenant: npm run tenant -- create ${tenant}`, () =>
      npmInApp('run', 'tenant', '--', 'create', tenant),
    );
  }
  await steps.run('Migrating every tenant: npm run migrate', () => npmInApp('run', 'migrate'));

  const address = await steps.run('Starting the application: npm run build && node dist/main', () =>
    startApplication(processes, app),
  );
  const report = await steps.run('Writing and reading invoices of both tenants over HTTP', () =>
    checkIsolation(address),
  );
  console.log(`\n${report.text}\n`);
  if (!report.held) {
    console.error('The report does not hold: see the lines marked "no".');
    return 1;
  }

  if (once) {
    await processes.stopAll();
    if (!directory) rmSync(app, { recursive: true, force: true });
    console.log(`Every step held. The application was stopped${directory ? '' : ' and removed'}.`);
    return 0;
  }
  console.log(`Every step held. The application is running at ${address}`);
  console.log(`  curl -H 'x-tenant-id: acme' ${address}/invoices`);
  console.log(`Its files are in ${app}. Ctrl-C stops it.`);
  await processes.untilStopped();
  return 0;
}
