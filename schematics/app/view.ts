import { runScript } from '../utility/run-script';
import type { NormalizedOptions } from './normalize-options';

/** Everything that the templates of an application read. */
export type AppView = {
  readonly name: string;
  readonly drizzle: boolean;
  readonly typeorm: boolean;
  readonly express: boolean;
  readonly fastify: boolean;
  /** `schema` or `role` */
  readonly isolation: string;
  readonly role: boolean;
  /** `npm`, `pnpm` or `yarn` */
  readonly packageManager: string;
  readonly lockFile: string;
  /** Commands as this package manager wants them. */
  readonly run: {
    readonly createAcme: string;
    readonly createGlobex: string;
    readonly list: string;
    readonly suspend: string;
    readonly roles: string;
    readonly check: string;
    readonly migrate: string;
    readonly generate: string;
    readonly startDev: string;
    readonly test: string;
    readonly e2e: string;
    readonly resource: string;
  };
};

export function appView({
  name,
  orm,
  platform,
  isolation,
  packageManager,
}: NormalizedOptions): AppView {
  const run = (script: string, args?: string): string => runScript(packageManager, script, args);
  return {
    name,
    drizzle: orm === 'drizzle',
    typeorm: orm === 'typeorm',
    express: platform === 'express',
    fastify: platform === 'fastify',
    isolation,
    role: isolation === 'role',
    packageManager,
    lockFile: { npm: 'package-lock.json', pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock' }[
      packageManager
    ],
    run: {
      createAcme: run('tenant', 'create acme'),
      createGlobex: run('tenant', 'create globex'),
      list: run('tenant', 'list'),
      suspend: run('tenant', 'suspend acme'),
      roles: run('tenant', 'roles'),
      check: run('tenant', 'check'),
      migrate: run('migrate'),
      generate: run('migration:generate'),
      startDev: run('start:dev'),
      test: `${packageManager} test`,
      e2e: run('test:e2e'),
      resource: run('resource', 'invoices'),
    },
  };
}
