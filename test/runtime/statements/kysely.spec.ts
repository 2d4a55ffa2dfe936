import { describeStatementKinds, describeUnsafePool } from '../../support/statement-kinds/suite.js';
import { LIBRARIES } from '../../support/statement-kinds/index.mjs';

describeStatementKinds(LIBRARIES.kysely);

describe('the negative control', () => describeUnsafePool(LIBRARIES.kysely));
