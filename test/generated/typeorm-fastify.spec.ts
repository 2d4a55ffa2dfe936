import { describeRunning, describeSources } from './support/suites';

describe('a generated application with typeorm on fastify', () => {
  describeRunning(describeSources({ orm: 'typeorm', platform: 'fastify' }));
});
