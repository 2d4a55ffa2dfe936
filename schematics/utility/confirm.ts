import { createInterface } from 'node:readline/promises';
import { SchematicsException } from '@angular-devkit/schematics';

/**
 * Asks before what cannot be taken back.
 *
 * @param risks a line each; nothing is asked where there is none
 * @param yes whether it was said beforehand
 * @throws SchematicsException where the answer is no, and where nobody is there to be asked
 */
export async function confirmRisks(risks: readonly string[], yes: unknown): Promise<void> {
  if (risks.length === 0 || yes === true) return;
  const list = risks.map((risk) => `  ${risk}`).join('\n');
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new SchematicsException(
      `This needs to be confirmed, so nothing was written:\n${list}\nSay --yes if that is what is wanted.`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${list}\nGo on? (y/N) `);
    if (/^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new SchematicsException('Nothing was written.');
}
