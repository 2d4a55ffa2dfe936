import { describeRunning, describeSources, describeTests } from './support/suites';

describe('a generated application with drizzle on express', () => {
  const getApp = describeSources({ orm: 'drizzle', platform: 'express', isolation: 'schema' });
  describeTests(getApp);
  describeRunning(getApp);
});
