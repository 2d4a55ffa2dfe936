import type { DryRunEvent } from '@angular-devkit/schematics';
import type { NodeWorkflow } from '@angular-devkit/schematics/tools';
import { paint } from './terminal';

/** Collects what a run does to the files, and prints it once it is certain to happen. */
export class Report {
  /** Files in the way, when the run was refused for them. */
  readonly conflicts: string[] = [];
  /** Whether files were written: what follows (installing, git) may still fail. */
  written = false;
  /** Whether the schematic has said of something that it is not as it has to be. */
  failed = false;
  private readonly lines: string[] = [];
  private readonly messages: (() => void)[] = [];

  constructor(workflow: NodeWorkflow) {
    workflow.reporter.subscribe((event) => this.add(event));
    workflow.lifeCycle.subscribe((event) => {
      if (event.kind !== 'post-tasks-start') return;
      this.written = true;
      // Before the tasks, whose output comes next.
      this.print();
    });
  }

  printEnd(dryRun: boolean): void {
    if (dryRun) this.print();
    if (this.lines.length === 0) console.log('Nothing to be done.');
    else if (dryRun) console.log('Dry run: nothing was written.');
    for (const print of this.messages) print();
  }

  /** Has a message of the schematic printed at the end. */
  remember(print: () => void): void {
    this.messages.push(print);
  }

  private print(): void {
    for (const line of this.lines) console.log(line);
  }

  private add(event: DryRunEvent): void {
    const path = event.path.replace(/^\//, '');
    const out = process.stdout;
    if (event.kind === 'error') {
      this.conflicts.push(path);
    } else if (event.kind === 'create') {
      this.lines.push(
        `${paint(out, 'green', 'CREATE')} ${path} (${event.content.byteLength} bytes)`,
      );
    } else if (event.kind === 'update') {
      this.lines.push(
        `${paint(out, 'cyan', 'UPDATE')} ${path} (${event.content.byteLength} bytes)`,
      );
    } else if (event.kind === 'delete') {
      this.lines.push(`${paint(out, 'yellow', 'DELETE')} ${path}`);
    } else {
      const to = event.to.replace(/^\//, '');
      this.lines.push(`${paint(out, 'blue', 'RENAME')} ${path} => ${to}`);
    }
  }
}
