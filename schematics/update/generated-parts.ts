import type { Tree } from '@angular-devkit/schematics';
import { normalizeOptions } from '../app/normalize-options';
import { renderAppPart } from '../app/render-app';
import type { FormatConfig } from '../rendering/format';
import { appRecord } from '../rendering/record';
import type { RenderedFiles } from '../rendering/render';
import { generateResource } from '../resource/generate';
import { migrationPlace } from '../resource/migration-place';
import { readAllRecorded, recordOf } from '../resource/recorded';
import { APP_BASE, basePath } from '../tree/base';
import { APP_FILE, type TenantApp } from '../utility/project';

/** What is generated together: the application, or one of its resources. */
export interface GeneratedPart {
  /** Where it is kept what was generated. */
  readonly basePath: string;
  readonly record: readonly [path: string, text: string];
  /** As this version generates them from what is recorded. */
  readonly files: RenderedFiles;
}

export async function generatedParts(
  tree: Tree,
  app: TenantApp,
  format: FormatConfig,
): Promise<GeneratedPart[]> {
  const parts = [await applicationPart(tree)];
  const place = await migrationPlace(tree, app.orm, {});
  for (const recorded of readAllRecorded(tree)) {
    const { own } = await generateResource(tree, app, recorded, place, format);
    parts.push({
      basePath: basePath(recorded.names),
      record: recordOf(recorded),
      files: own,
    });
  }
  return parts;
}

async function applicationPart(tree: Tree): Promise<GeneratedPart> {
  const { name, orm, platform, isolation, packageManager, spec } = JSON.parse(
    tree.readText(APP_FILE),
  ) as Record<string, unknown>;
  const options = normalizeOptions({ name, orm, platform, isolation, packageManager, spec });
  return {
    basePath: APP_BASE,
    record: [APP_FILE, appRecord(options)],
    files: await renderAppPart(options),
  };
}
