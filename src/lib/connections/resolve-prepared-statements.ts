import { isSwitch, refuseUnknown, unfit, whole } from '../option-checks.js';
import type { PreparesStatements } from '../pool/preparation.js';
import type { PreparedStatementLimits } from '../pool/prepared-statements.js';
import type { PreparedStatementOptions } from './options.js';

interface ResolvedPreparedStatements {
  readonly prepares: PreparesStatements;
  /** Undefined where none are prepared. */
  readonly limits: PreparedStatementLimits | undefined;
}

const KNOWN = {
  behindPooler: true,
  maxBytes: true,
  maxStatements: true,
} satisfies Record<keyof PreparedStatementOptions, true>;

/** @throws ConfigurationError */
export function resolvePreparedStatements(
  given: boolean | PreparedStatementOptions,
): ResolvedPreparedStatements {
  if (given === false) return { prepares: 'nowhere', limits: undefined };
  if (given !== true && (typeof given !== 'object' || given === null)) {
    throw unfit('preparedStatements', given, 'Set it to true, false, or an object of its options.');
  }
  const options = given === true ? {} : given;
  refuseUnknown('preparedStatements.', options, KNOWN);
  const { maxStatements = 512, maxBytes = 1_048_576, behindPooler = false } = options;
  isSwitch('preparedStatements.behindPooler', behindPooler);
  return {
    prepares: behindPooler ? 'everywhere' : 'direct',
    limits: {
      maxStatements: whole('preparedStatements.maxStatements', maxStatements, 1),
      maxBytes: whole('preparedStatements.maxBytes', maxBytes, 1),
    },
  };
}
