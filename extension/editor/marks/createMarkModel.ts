/** Connects the mark model with what it depends on: captures, dismissals, settings, files. */
import * as vscode from 'vscode';
import type { CaptureList } from '../captures/captureList.ts';
import type { Configuration } from '../configuration.ts';
import { DisposableList } from '../disposables.ts';
import type { Log } from '../log.ts';
import { resolveVariables } from '../sources/pathMatch.ts';
import type { SourceLocator } from '../sources/sourceLocator.ts';
import { modifiedMs, type WorkspaceFiles } from '../sources/workspaceFiles.ts';
import type { Dismissals } from './dismissals.ts';
import { MarkModel } from './markModel.ts';

export interface MarkModelParts {
  readonly list: CaptureList;
  readonly dismissals: Dismissals;
  readonly configuration: Configuration;
  readonly files: WorkspaceFiles;
  readonly locator: SourceLocator;
  readonly log: Log;
}

/** The model refreshes itself whenever one of its sources changes, until it is disposed. */
export function createMarkModel(parts: MarkModelParts): MarkModel {
  const { list, dismissals, configuration, files, locator, log } = parts;
  const model = new MarkModel({
    captures: () => list.all,
    thresholds: () => {
      const { markGrowing, minimumConfidence, minimumGrowth } = configuration.current;
      return { growing: markGrowing, minimumConfidence, minimumBytesPerMinute: minimumGrowth };
    },
    dismissed: (fingerprint) => dismissals.has(fingerprint),
    modifiedMs,
    locator,
    failed: (error) => {
      log.error('The marks could not be brought up to date', error);
    },
  });
  const refresh = (): void => {
    model.refresh();
  };
  const remap = (): void => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    locator.setMap(resolveVariables(configuration.current.sourceMap, folder));
    refresh();
  };
  const subscriptions = new DisposableList();
  subscriptions.add(list.onDidChange(refresh));
  subscriptions.add(dismissals.onDidChange(refresh));
  subscriptions.add(configuration.onDidChange(remap));
  subscriptions.add(files.onDidChange(remap));
  remap();
  model.owns(subscriptions);
  return model;
}
