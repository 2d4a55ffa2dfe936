import {
  SchematicsException,
  type Rule,
  type SchematicContext,
  type TaskId,
  type Tree,
} from '@angular-devkit/schematics';
import {
  NodePackageInstallTask,
  RepositoryInitializerTask,
} from '@angular-devkit/schematics/tasks';
import { show } from '../utility/options';
import { printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import { hasGitIdentity } from './git-identity';
import { normalizeOptions, type NormalizedOptions } from './normalize-options';
import { renderApp } from './render-app';
import type { AppOptions } from './schema';

const NO_IDENTITY =
  'Git does not know who you are, so there is no first commit: set it with git config --global user.name and user.email, then commit.';

/** `nest g @mt/schematics:app`, and `nest new -c @mt/schematics`. */
export function app(rawOptions: AppOptions): Rule {
  const options = normalizeOptions(rawOptions);
  return async (tree, context) => {
    assertEmpty(tree, options.directory);
    await createFiles(tree, options);
    addTasks(context, options);
    printReport(context.logger, report(options));
  };
}

/** A repository without files counts as empty: people clone one first and fill it then. */
function assertEmpty(tree: Tree, directory: string): void {
  const what = directory ? show(directory) : 'The current directory';
  if (directory && tree.exists(directory)) throw inTheWay(`${what} is a file`);

  const { subfiles, subdirs } = tree.getDir(directory || '/');
  const [found] = [...subfiles, ...subdirs.filter((name) => name !== '.git')];
  if (found !== undefined) throw inTheWay(`${what} is not empty (it has ${show(found)})`);
}

function inTheWay(reason: string): SchematicsException {
  return new SchematicsException(
    `${reason}: choose another name or --directory, or remove it first.`,
  );
}

async function createFiles(tree: Tree, options: NormalizedOptions): Promise<void> {
  for (const [path, content] of await renderApp(options)) {
    tree.create(`${options.directory}/${path}`, content);
  }
}

function addTasks(context: SchematicContext, options: NormalizedOptions): void {
  const { directory: workingDirectory, packageManager } = options;
  const before: TaskId[] = [];
  if (options.install) {
    before.push(context.addTask(new NodePackageInstallTask({ workingDirectory, packageManager })));
  }
  // After the installation, so that the lock file is in the first commit.
  if (options.git) {
    context.addTask(
      new RepositoryInitializerTask(workingDirectory, { message: 'Initial commit' }),
      before,
    );
  }
}

function report({ directory, packageManager, install, git }: NormalizedOptions): Report {
  const commands = [
    ...(directory ? [`cd ${directory}`] : []),
    ...(install ? [] : [`${packageManager} install`]),
    runScript(packageManager, 'tenant', 'create acme'),
    runScript(packageManager, 'start:dev'),
    runScript(packageManager, 'resource', 'invoices'),
  ];
  return {
    warnings: git && !hasGitIdentity() ? [NO_IDENTITY] : [],
    next: commands.map((command) => ({ command })),
    more: 'README.md tells more.',
  };
}
