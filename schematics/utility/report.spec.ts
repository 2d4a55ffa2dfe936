import { logging } from '@angular-devkit/core';
import { printReport, type Report } from './report';

function printed(report: Report): string[] {
  const logger = new logging.Logger('test');
  const lines: string[] = [];
  logger.subscribe(({ level, message }) => lines.push(`${level}: ${message}`));
  printReport(logger, report);
  return lines;
}

describe('printReport', () => {
  it('says what was done, what is wrong, and what to do next, in this order', () => {
    const report: Report = {
      next: [{ command: 'cd shop' }, { command: 'npm start', purpose: 'serves it' }],
      more: 'README.md tells more.',
      warnings: ['There is no git.'],
      notes: ['a.ts was left alone.'],
      changes: ['b.ts imports A.'],
    };
    expect(printed(report)).toEqual([
      'info: b.ts imports A.',
      'info: a.ts was left alone.',
      'warn: There is no git.',
      'info: \nNext:\n  cd shop\n  npm start  # serves it\n\nREADME.md tells more.',
    ]);
  });

  it('says nothing of nothing', () => {
    expect(printed({ changes: [], notes: [], warnings: [], next: [] })).toEqual([]);
  });
});
