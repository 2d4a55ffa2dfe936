import { describeRunning, describeSources } from './support/suites';

describe('a generated application with drizzle on express', () => {
  describeRunning(describeSources({ orm: 'drizzle', platform: 'express' }));
});
