import { stripVTControlCharacters } from 'node:util';

/** Lines for each suite: enough to see what is wrong, and few enough to be read at the end of a log. */
const TESTS_SHOWN = 3;
const LONGEST_LINE = 200;

/**
 * What failed, suite by suite, in a few lines each.
 *
 * @param result as Jest writes it with --json
 * @param root the directory that the names of suites are shown from
 */
export function describeFailures(result, root) {
  return result.testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      const heading = `${name.replace(`${root}/`, '')}: ${failed.length} of ${assertionResults.length} tests failed`;
      // Where no test has, the suite itself has: it did not load, or what ends it threw.
      if (failed.length === 0) return [heading, `  ${firstLine(message)}`];
      const shown = failed
        .slice(0, TESTS_SHOWN)
        .map(
          ({ fullName, failureMessages }) =>
            `  ${fullName}: ${firstLine(failureMessages[0] ?? '')}`,
        );
      const more = failed.length - shown.length;
      return [heading, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])];
    })
    .map((line) => line.slice(0, LONGEST_LINE));
}

/** Without what only introduces the reason. */
function firstLine(message) {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim());
  return lines.find((line) => line !== '' && !line.startsWith('●')) ?? '';
}
