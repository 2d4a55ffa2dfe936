import type { Combination } from './support/generate';
import { describeSources } from './support/suites';

/** The parts of these run in the other suites; here they have to fit together. */
describe.each<Combination>([
  { orm: 'drizzle', platform: 'fastify' },
  { orm: 'typeorm', platform: 'express' },
])('a generated application with $orm on $platform', (combination) => {
  describeSources(combination);
});
