import {
  chain,
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
import { normalizeOptions, type NormalizedOptions } from './normalize-options';
import { renderApp } from './render-app';
import type { AppOptions } from './schema';

/** `nest g @mt/schematics:app`, and `nest new -c @mt/schematics`. */
export function app(rawOptions: AppOptions): Rule {
  const options = normalizeOptions(rawOptions);
  return chain([
    (tree) => assertEmpty(tree, options.directory),
    (tree) => createFiles(tree, options),
    (_tree, context) => addTasks(context, options),
  ]);
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
