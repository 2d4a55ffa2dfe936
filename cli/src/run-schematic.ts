import { logging } from '@angular-devkit/core';
import { createConsoleLogger } from '@angular-devkit/core/node';
import { UnknownSchematicException } from '@angular-devkit/schematics';
import { NodeWorkflow } from '@angular-devkit/schematics/tools';
import { CliError } from './cli-error';
import { describeFailure, firstLine } from './describe-failure';
import { findCollection } from './find-collection';
import { INTERRUPTED, stopOnInterrupt } from './interrupt';
import type { GenerateCommand } from './generate-command';
import { parseOptions, type ParsedOptions } from './parse-options';
import { askQuestions } from './prompts';
import { Report } from './report';
import type { OptionsSchema } from './schema';
import { isInteractive, paint } from './terminal';
import { usage } from './usage';

/** Runs a schematic in the current directory; returns 0, 1 where something is left to be done by hand, 130 after Ctrl-C,
 * or throws a CliError. */
export async function runSchematic(command: GenerateCommand): Promise<number> {
  const collection = findCollection(command.collection);
  const schema = readSchema(command, collection);
  const parsed = parseOptions(schema, command.args);
  if (parsed.help) {
    console.log(usage(command, schema));
    return 0;
  }
  const workflow = createWorkflow(parsed);
  const report = new Report(workflow);
  const interrupt = stopOnInterrupt(report);
  try {
    if (asks(parsed)) preflight(workflow, collection, command.schematic, parsed);
    await execute(workflow, collection, command.schematic, parsed, report);
  } catch (error) {
    if (await interrupt.happened()) return INTERRUPTED;
    throw new CliError(describeFailure(error, report, parsed.options), { cause: error });
  } finally {
    interrupt.release();
  }
  report.printEnd(parsed.dryRun);
  return report.failed ? 1 : 0;
}

const asks = ({ interactive }: ParsedOptions): boolean => interactive && isInteractive();

/**
 * Has the schematic look at the options that it was given before anything is asked: who has answered a
 * question wants to have been told of a bad name before.
 */
function preflight(
  { engine }: NodeWorkflow,
  collection: string,
  schematic: string,
  { options }: ParsedOptions,
): void {
  const { description } = engine.createCollection(collection).createSchematic(schematic);
  description.factoryFn({ ...options });
}

/** The schema comes before the run: it says how the command line is to be read. */
function readSchema(command: GenerateCommand, path: string): OptionsSchema {
  try {
    const collection = createWorkflow().engine.createCollection(path);
    try {
      return collection.createSchematic(command.schematic).description.schemaJson ?? {};
    } catch (error) {
      if (!(error instanceof UnknownSchematicException)) throw error;
      throw new CliError(
        `${command.collection} has no schematic "${command.schematic}". ` +
          `It has: ${collection.listSchematicNames().join(', ')}.`,
      );
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${command.collection} cannot be loaded: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

function createWorkflow(parsed?: ParsedOptions): NodeWorkflow {
  const workflow = new NodeWorkflow(process.cwd(), {
    dryRun: parsed?.dryRun ?? true,
    force: parsed?.force ?? false,
    resolvePaths: [process.cwd(), __dirname],
    schemaValidation: true,
  });
  // Positional arguments were given their names by then; a schematic that calls another must not
  // hand them on.
  workflow.registry.addSmartDefaultProvider('argv', () => undefined);
  workflow.registry.useXDeprecatedProvider((message) =>
    console.error(paint(process.stderr, 'yellow', message)),
  );
  if (parsed && asks(parsed)) workflow.registry.usePromptProvider(askQuestions);
  return workflow;
}

function execute(
  workflow: NodeWorkflow,
  collection: string,
  schematic: string,
  { options }: ParsedOptions,
  report: Report,
): Promise<void> {
  const colours = {
    warn: (text: string) => paint(process.stderr, 'yellow', text),
    error: (text: string) => paint(process.stderr, 'red', text),
    fatal: (text: string) => paint(process.stderr, 'red', text),
  };
  const console = createConsoleLogger(false, process.stdout, process.stderr, colours);
  const logger = new logging.Logger('schematic');
  logger.subscribe((entry) => {
    // Whichever schematic says it, in no matter how many others: not indented.
    const print = () => console.next({ ...entry, path: [] });
    // What there is to know or to do is read when everything else has been printed. What is said behind
    // the files is of the tasks: installing, git.
    const isNote = entry.level === 'info' || entry.level === 'warn' || entry.level === 'error';
    if (entry.level === 'error') report.failed = true;
    if (isNote && !report.written) report.remember(print);
    else print();
  });
  return new Promise((resolve, reject) => {
    workflow
      .execute({ collection, schematic, options, logger })
      .subscribe({ complete: resolve, error: reject });
  });
}
