import { describeProblems } from './support/problems';
import { describeRoles } from './support/roles';
import { describeShutdown } from './support/shutdown';
import { describeRunning, describeSources, describeTests } from './support/suites';
import { describeTransports } from './support/transports';

describe('a generated application with typeorm on fastify, with roles', () => {
  const getApp = describeSources({ orm: 'typeorm', platform: 'fastify', isolation: 'role' });
  describeTests(getApp);
  describeRunning(getApp, true);
  describeRoles(getApp);
  describeProblems(getApp);
  describeShutdown(getApp);
  describeTransports(getApp, { platform: 'fastify' });
});
