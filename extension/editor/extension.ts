/** The extension's entry: wires its parts. Nothing is started, read or traced here. */
import path from 'node:path';
import type * as vscode from 'vscode';
import packageJson from '../../package.json' with { type: 'json' };
import { CaptureList } from './captures/captureList.ts';
import { Captures } from './captures/captures.ts';
import { Journals } from './captures/journals.ts';
import { recoverCaptures } from './captures/savedCaptures.ts';
import { StatusBar } from './captures/statusBar.ts';
import { registerCommands } from './commands.ts';
import { Configuration } from './configuration.ts';
import { ContextKeys } from './contextKeys.ts';
import { Dashboards } from './dashboard/dashboards.ts';
import { DisposableList } from './disposables.ts';
import { Log } from './log.ts';
import { Decorations } from './marks/decorations.ts';
import { Dismissals } from './marks/dismissals.ts';
import { Explanations } from './marks/explanations.ts';
import { Hovers } from './marks/hovers.ts';
import { Lenses } from './marks/lenses.ts';
import { createMarkModel } from './marks/createMarkModel.ts';
import { PlacedMarks } from './marks/placedMarks.ts';
import { Problems } from './marks/problems.ts';
import { SourceLocator } from './sources/sourceLocator.ts';
import { WorkspaceFiles } from './sources/workspaceFiles.ts';
import { DebugSessions } from './targets/debugSessions.ts';
import { CaptureTree } from './tree/captureTree.ts';

/** The capture that the dashboard showed when the window closed. */
const shownCaptureKey = 'leaklens.shownCapture';

export function activate(context: vscode.ExtensionContext): void {
  const { extensionUri, subscriptions, workspaceState } = context;
  const owned = new DisposableList();
  subscriptions.push(owned);

  const log = owned.add(new Log());
  const configuration = owned.add(new Configuration(log));
  const list = owned.add(new CaptureList());
  const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
  const journals = Journals.open(path.join(storage, 'journals'));
  const captures = owned.add(
    new Captures({
      list,
      log,
      settings: () => configuration.current,
      journals: () => journals,
      bundleDirectory: path.join(extensionUri.fsPath, 'dist'),
      version: packageJson.version,
    }),
  );
  const dismissals = owned.add(new Dismissals(workspaceState));
  const files = owned.add(new WorkspaceFiles());
  const locator = new SourceLocator(files);
  const model = owned.add(
    createMarkModel({ list, dismissals, configuration, files, locator, log }),
  );
  const marks = owned.add(new PlacedMarks(model));
  const sessions = owned.add(new DebugSessions());
  const tree = owned.add(new CaptureTree(list, dismissals));
  const dashboards = owned.add(new Dashboards(captures, extensionUri, log));

  owned.add(new ContextKeys(list, dismissals));
  owned.add(new StatusBar(list));
  owned.add(new Decorations(marks, configuration, extensionUri));
  owned.add(new Explanations(list));
  owned.add(new Hovers(marks, configuration));
  owned.add(new Lenses(marks, configuration));
  owned.add(new Problems(marks, configuration));
  owned.add(
    registerCommands({
      captures,
      dashboards,
      dismissals,
      locator,
      log,
      marks,
      memory: workspaceState,
      sessions,
      settings: () => configuration.current,
      tree,
    }),
  );

  // What the dashboard showed before a reload is found again by its id.
  const restore = workspaceState.get<string>(shownCaptureKey);
  owned.add(
    list.onDidChange(({ kind, capture }) => {
      if (kind === 'shown') void workspaceState.update(shownCaptureKey, capture?.id);
    }),
  );
  void journals.then((opened) => recoverCaptures(captures, opened, restore, log));
}
