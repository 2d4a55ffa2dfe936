import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'src/invoices/dto/create-invoice.dto.ts';
export const MESSAGE = 'An invoice has a name.';

/** Changes a generated file as somebody of the team would. */
export function editByHand(app, progress) {
  const path = join(app, FILE);
  const text = readFileSync(path, 'utf8');
  const edited = text.replace('@IsNotEmpty()', `@IsNotEmpty({ message: '${MESSAGE}' })`);
  if (edited === text) throw new Error(`${FILE} has no @IsNotEmpty() to edit.`);
  writeFileSync(path, edited);
  progress(`${FILE}: @IsNotEmpty({ message: '${MESSAGE}' })`);
}

/** Shows that the file has both what was written by hand and what was generated behind that. */
export function showBoth(app, progress) {
  const lines = readFileSync(join(app, FILE), 'utf8').split('\n');
  for (const part of [MESSAGE, 'dueOn']) {
    const found = lines.find((line) => line.includes(part));
    if (found === undefined) throw new Error(`${FILE} has no "${part}".`);
    progress(`${FILE}: ${found.trim()}`);
  }
}
