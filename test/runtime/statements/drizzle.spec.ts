import { describeStatementKinds, describeUnsafePool } from '../../support/statement-kinds/suite.js';
import { LIBRARIES } from '../../support/statement-kinds/index.mjs';

describeStatementKinds(LIBRARIES.drizzle);

describe('the negative control', () => describeUnsafePool(LIBRARIES.drizzle));
