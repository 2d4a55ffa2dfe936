// What publint and "Are the types wrong?" find in a tarball: prints a line for each finding.
import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** What "Are the types wrong?" says and is meant so, by package. */
const MEANT = {
  // TypeScript's `node10` knows no `exports`. TypeScript 6 has deprecated it; in Node it never was.
  '@mt/runtime': ({ kind, resolutionKind }) =>
    kind === 'NoResolution' && resolutionKind === 'node10',
  // A command: there is nothing in it to import.
  '@mt/cli': ({ kind, entrypoint }) => kind === 'NoResolution' && entrypoint === '.',
};

const [tarball] = process.argv.slice(2);
const bytes = new Uint8Array(await readFile(tarball));

const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer } });
for (const message of messages) {
  console.log(`publint: ${formatMessage(message, pkg, { color: false })}`);
}

const { packageName, problems = [] } = await checkPackage(createPackageFromTarballData(bytes));
for (const { kind, ...where } of problems) {
  if (MEANT[packageName]?.({ kind, ...where })) continue;
  console.log(`types: ${problemKindInfo[kind].title}: ${JSON.stringify(where)}`);
}
