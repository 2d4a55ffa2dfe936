import type { Tree } from '@angular-devkit/schematics';
import type { Orm } from '../utility/project';
import type { RenderedFiles } from '../utility/render';

const DIRECTORIES: Readonly<Record<Orm, string>> = {
  drizzle: 'migrations/meta',
  typeorm: 'src/database/migrations',
};

/** What the next migration has to continue: Drizzle's journal and snapshots, or TypeORM's classes. */
export function readMigrations(tree: Tree, orm: Orm): RenderedFiles {
  const directory = tree.getDir(DIRECTORIES[orm]);
  return new Map(
    directory.subfiles.map((name) => {
      const path = `${DIRECTORIES[orm]}/${name}`;
      return [path, tree.readText(path)];
    }),
  );
}
