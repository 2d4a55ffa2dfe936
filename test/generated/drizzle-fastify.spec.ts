import { EVERY_TYPE } from '../../schematics/rendering/resource/every-type';
import { describeLists } from './support/lists';
import { describeProblems } from './support/problems';
import { describeRoles } from './support/roles';
import { describeShutdown } from './support/shutdown';
import { describeRunning, describeSources, describeTests } from './support/suites';

describe('a generated application with drizzle on fastify, with roles', () => {
  const getApp = describeSources({
    orm: 'drizzle',
    platform: 'fastify',
    isolation: 'role',
    fields: `${EVERY_TYPE} owner:ref(users) parent:ref(samples)?`,
  });
  describeTests(getApp);
  describeRunning(getApp, true);
  describeLists(getApp);
  describeRoles(getApp);
  describeProblems(getApp);
  describeShutdown(getApp);
});
