import { describeProblems } from './support/problems';
import { describeShutdown } from './support/shutdown';
import { describeSources, describeTests } from './support/suites';

describe('a generated application with typeorm on express', () => {
  const getApp = describeSources({ orm: 'typeorm', platform: 'express', isolation: 'schema' });
  describeTests(getApp);
  describeProblems(getApp);
  describeShutdown(getApp);
});
