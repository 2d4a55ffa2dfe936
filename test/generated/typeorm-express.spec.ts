import { describeSources, describeTests } from './support/suites';

/** Each part of it runs as a server in the other suites; here they have to fit together. */
describe('a generated application with typeorm on express', () => {
  describeTests(describeSources({ orm: 'typeorm', platform: 'express', isolation: 'schema' }));
});
