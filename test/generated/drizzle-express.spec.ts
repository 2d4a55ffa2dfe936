import { describeProblems } from './support/problems';
import { describeShutdown } from './support/shutdown';
import { describeRunning, describeSources, describeTests } from './support/suites';
import { describeTransports } from './support/transports';

describe('a generated application with drizzle on express', () => {
  const getApp = describeSources({ orm: 'drizzle', platform: 'express', isolation: 'schema' });
  describeTests(getApp);
  describeRunning(getApp);
  describeProblems(getApp);
  describeShutdown(getApp);
  describeTransports(getApp, { platform: 'express' });
});
