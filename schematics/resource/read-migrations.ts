import type { Tree } from '@angular-devkit/schematics';
import type { Orm } from '../utility/project';
import type { RenderedFiles } from '../rendering/render';

/** What the next migration has to continue: Drizzle's journal and snapshots, or TypeORM's classes. */
export function readMigrations(tree: Tree, orm: Orm, place: string): RenderedFiles {
  const path = orm === 'drizzle' ? `${place}/meta` : place;
  const directory = tree.getDir(path);
  return new Map(
    directory.subfiles.map((name) => {
      const file = `${path}/${name}`;
      return [file, tree.readText(file)];
    }),
  );
}
