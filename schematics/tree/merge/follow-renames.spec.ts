import { followRenames } from './follow-renames';

const BEFORE = `export class CreateInvoiceDto {
  @IsString()
  number!: string;

  @IsInt()
  pages!: number;
}
`;
const AFTER = BEFORE.replace('number!: string', 'code!: string');

it('gives the new name where the old one was generated', () => {
  expect(followRenames(BEFORE, AFTER, BEFORE)).toBe(AFTER);
});

it('follows through edits, another layout and another order of what stands around', () => {
  const yours = `export class CreateInvoiceDto {
\t// Ours.
\t@MaxLength(9)
\t@IsString()
\tnumber!: string

\t@IsInt()
\tpages!: number

\town?: number
}
`;
  expect(followRenames(BEFORE, AFTER, yours)).toBe(
    yours.replace('number!: string', 'code!: string'),
  );
});

it('leaves alone what is called the same', () => {
  const yours = BEFORE.replace('pages!: number;', 'pages!: number;\n\n  number2?: typeof number;');
  const after = followRenames(BEFORE, AFTER, yours);
  expect(after).toContain('pages!: number;');
  expect(after).toContain('typeof number;');
});

it('leaves alone what the team has called otherwise, or removed', () => {
  for (const yours of [
    BEFORE.replace('number!: string', 'no!: string'),
    BEFORE.replace('  @IsString()\n  number!: string;\n\n', ''),
    '',
  ]) {
    expect(followRenames(BEFORE, AFTER, yours)).toBe(yours);
  }
});

it('changes nothing where nothing was renamed', () => {
  expect(followRenames(BEFORE, BEFORE, 'number')).toBe('number');
});
