import { TenancyError } from '@mt/runtime';
import { Command } from 'commander';
import { check } from './commands/check.js';
import { create } from './commands/create.js';
import { list } from './commands/list.js';
import { migrate } from './commands/migrate.js';
import { resume } from './commands/resume.js';
import { roles } from './commands/roles.js';
import { suspend } from './commands/suspend.js';
import { inApplication } from './in-application.js';

const program = new Command('tenant');

program
  .command('create')
  .description('create a tenant: its schema, with all migrations applied')
  .argument('<slug>', 'what requests call it, for example acme')
  .option('--name <name>', 'what people call it')
  .action(inApplication(create));

program
  .command('list')
  .description('list all tenants')
  .option('--json', 'print JSON')
  .action(inApplication(list));

program
  .command('migrate')
  .description('bring the schemas of all tenants up to date')
  .option('--continue-on-error', 'go on with the others when a tenant fails')
  .option(
    '--accept-changed <names...>',
    'migrations that were edited: who has the old text keeps it, the others get the new one',
  )
  .option(
    '--accept-renamed <old=new...>',
    'migrations that were renamed: who has them does not get them again',
  )
  .option(
    '--accept-missing <names...>',
    'migrations that were deleted: what they made stays',
  )
  .option('--json', 'print JSON')
  .action(inApplication(migrate));

program
  .command('suspend')
  .description('stop serving a tenant; its data stays')
  .argument('<slug>')
  .action(inApplication(suspend));

program
  .command('resume')
  .description('serve a suspended tenant again')
  .argument('<slug>')
  .action(inApplication(resume));

program
  .command('roles')
  .description('give every tenant its role, before TENANT_ISOLATION=role')
  .action(inApplication(roles));

program
  .command('check')
  .description(
    'look whether tenants are kept apart, and what roles need beside',
  )
  .option('--json', 'print JSON')
  .action(inApplication(check));

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof TenancyError && error.remedy) {
    console.error(error.remedy);
  }
  process.exitCode = 1;
}
