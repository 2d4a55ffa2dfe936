import { SchematicsException, type Rule, type Tree } from '@angular-devkit/schematics';
import { projectFormat } from '../rendering/format';
import type { RenderedFiles } from '../rendering/render';
import { baseText, requireBase } from '../tree/base';
import { CONFLICT_STYLES, type MergedFiles, mergeIntoTree } from '../tree/merge-tree';
import { mergeNotes, openConflicts } from '../tree/merge-notes';
import { sameText } from '../tree/text-style';
import { writeFiles } from '../tree/write';
import { assertKnownOptions, parseChoice } from '../utility/options';
import { ownManifest } from '../utility/own-manifest';
import { readTenantApp, type TenantApp } from '../utility/project';
import { printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import { type GeneratedPart, generatedParts } from './generated-parts';
import type { UpdateOptions } from './schema';

const OPTIONS = ['check', 'conflicts', 'adopt'];

/** Brings an application, and each of its resources, to what this version generates. */
export function update(options: UpdateOptions): Rule {
  return async (tree, context) => {
    assertKnownOptions(options, OPTIONS);
    const style = parseChoice('conflicts', options.conflicts ?? 'refuse', CONFLICT_STYLES);
    const app = readTenantApp(tree);
    const format = projectFormat(tree);
    const parts = await generatedParts(tree, app, format);
    if (options.adopt) {
      writeParts(tree, parts);
      return printReport(context.logger, {
        notes: ['What this version generates is kept as what was generated; no file was changed.'],
      });
    }
    const bases = parts.map((part) => requireBase(tree, part.basePath));
    const isNew = parts.some(
      (part, index) => !sameText(baseText(part.files), baseText(bases[index] ?? new Map())),
    );
    if (options.check) return check(isNew);
    if (!isNew) return printReport(context.logger, { notes: [UP_TO_DATE] });
    const merged = await mergeIntoTree(
      tree,
      together(bases),
      together(parts.map(({ files }) => files)),
      format,
      style,
    );
    writeParts(tree, parts);
    printReport(context.logger, report(app, merged));
  };
}

const UP_TO_DATE = 'The application is as this version generates it.';

/** @throws SchematicsException where there is an update: the exit status is what scripts look at */
function check(isNew: boolean): void {
  if (!isNew) return;
  throw new SchematicsException(
    `There is an update to ${ownManifest().version}: see it with "nest g @mt/schematics:update --dry-run".`,
  );
}

function together(all: readonly RenderedFiles[]): RenderedFiles {
  return new Map(all.flatMap((files) => [...files]));
}

function writeParts(tree: Tree, parts: readonly GeneratedPart[]): void {
  for (const { basePath, files, record } of parts) {
    writeFiles(tree, new Map([[basePath, baseText(files)], record]), { existing: 'replace' });
  }
}

function report({ packageManager }: TenantApp, merged: MergedFiles): Report {
  return {
    notes: mergeNotes(merged),
    open: openConflicts(merged),
    next: [
      { command: `${packageManager} install`, purpose: 'for what package.json asks for now' },
      { command: runScript(packageManager, 'test') },
    ],
    more: 'CHANGELOG.md of @mt/schematics tells what has changed, and why.',
  };
}
