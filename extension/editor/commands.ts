/** The one table of commands: what each id does. A command without a handler does not compile. */
import * as vscode from 'vscode';
import type { Captures } from './captures/captures.ts';
import { openSavedCapture, saveCaptureAs } from './captures/savedCaptures.ts';
import { captureDebugSession, startCapture, type StartContext } from './captures/startCommand.ts';
import type { OpenCapture } from './captures/openCapture.ts';
import { type CommandId, commands } from './contributions.ts';
import type { Dashboards } from './dashboard/dashboards.ts';
import { DisposableList } from './disposables.ts';
import { checkHost } from './hostCheck.ts';
import type { Log } from './log.ts';
import type { Dismissals } from './marks/dismissals.ts';
import { framePlace } from './marks/hoverText.ts';
import type { PlacedMarks } from './marks/placedMarks.ts';
import { captureOf, siteOf } from './marks/siteReference.ts';
import { showError } from './messages.ts';
import { decodeSourceTarget, openSource } from './sources/openSource.ts';
import type { SourceLocator } from './sources/sourceLocator.ts';
import { plainLabel } from '../text/untrusted.ts';
import type { CaptureTree } from './tree/captureTree.ts';

export interface CommandContext extends StartContext {
  readonly captures: Captures;
  readonly dashboards: Dashboards;
  readonly dismissals: Dismissals;
  readonly locator: SourceLocator;
  readonly log: Log;
  readonly marks: PlacedMarks;
  readonly tree: CaptureTree;
}

type Handler = (argument: unknown) => Promise<void> | void;

/** Registers all commands; disposing the result takes them back. */
export function registerCommands(context: CommandContext): DisposableList {
  const registered = new DisposableList();
  for (const [id, handler] of Object.entries(handlers(context)))
    registered.add(
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          await handler(argument);
        } catch (error) {
          showError(context.log, 'The command failed', error);
        }
      }),
    );
  return registered;
}

function handlers(context: CommandContext): Record<CommandId, Handler> {
  const { captures, dashboards, dismissals, log, marks, tree } = context;
  const { list } = captures;
  return {
    [commands.startCapture]: (argument) => startCapture(context, argument),
    [commands.captureDebugSession]: () => captureDebugSession(context),
    [commands.stopCapture]: async (argument) => {
      const capture = await choose(captureOf(argument, list), list.running, 'Stop Leak Capture');
      if (capture !== undefined) await captures.stop(capture.id);
    },
    [commands.showDashboard]: (argument) =>
      dashboards.show(captureOf(argument, list) ?? list.running.at(-1) ?? list.shown),
    [commands.openCapture]: (argument) =>
      openSavedCapture(argument instanceof vscode.Uri ? argument : undefined),
    [commands.saveCaptureAs]: async (argument) => {
      const unsaved = list.all.filter((it) => it.file === undefined);
      const candidates = unsaved.length > 0 ? unsaved : list.all;
      const capture = await choose(captureOf(argument, list), candidates, 'Save Capture As');
      if (capture !== undefined) await saveCaptureAs(captures, capture, log);
    },
    [commands.closeCapture]: async (argument) => {
      const capture = captureOf(argument, list);
      if (capture !== undefined && !capture.running) await captures.close(capture.id);
    },
    [commands.clearResults]: () => clearResults(captures),
    [commands.restoreDismissed]: () => restoreDismissed(dismissals),
    [commands.checkHost]: () => checkHost(captures, log),
    [commands.showLog]: () => {
      log.show();
    },
    [commands.dismissSite]: async (argument) => {
      const found = siteOf(argument, list);
      if (found === undefined) return;
      const { fingerprint, blamed, verdict } = found.site;
      const place = blamed === undefined ? 'unknown place' : framePlace(blamed);
      await dismissals.add({ fingerprint, label: `${verdict} at ${place}`, unixMs: Date.now() });
      const undo = 'Undo';
      const chosen = await vscode.window.showInformationMessage(
        `Dismissed ${verdict} at ${place} in this workspace.`,
        undo,
      );
      if (chosen === undo) await dismissals.remove([fingerprint]);
    },
    [commands.showSiteStack]: async (argument) => {
      const found = siteOf(argument, list);
      if (found !== undefined) await tree.reveal(found.capture, found.site);
    },
    [commands.showSiteChart]: async (argument) => {
      const found = siteOf(argument, list);
      if (found !== undefined) await dashboards.show(found.capture, found.site);
    },
    [commands.openFrame]: async (argument) => {
      const target = decodeSourceTarget(argument);
      if (target === undefined) return;
      const lineNow = (path: string, line: number): number | undefined => marks.lineNow(path, line);
      await openSource(target, context.locator, lineNow, sourceColumn());
    },
  };
}

/** The one that is meant, or the only one there is, or the one that the user picks. */
async function choose(
  given: OpenCapture | undefined,
  candidates: readonly OpenCapture[],
  title: string,
): Promise<OpenCapture | undefined> {
  if (given !== undefined || candidates.length < 2) return given ?? candidates[0];
  const items = [...candidates].reverse().map((capture) => ({
    label: plainLabel(capture.title),
    description: new Date(capture.capture.start.startedUnixMs).toLocaleTimeString(),
    capture,
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.capture;
}

async function clearResults(captures: Captures): Promise<void> {
  const { running } = captures.list;
  if (running.length > 0) {
    const stop = 'Stop and Clear';
    const chosen = await vscode.window.showWarningMessage(
      running.length === 1
        ? `The capture of ${running[0]?.title ?? ''} is running.`
        : `${running.length} captures are running.`,
      { modal: true, detail: 'They are stopped, and what was not saved is lost.' },
      stop,
    );
    if (chosen !== stop) return;
  }
  await captures.clear();
}

async function restoreDismissed(dismissals: Dismissals): Promise<void> {
  const items = dismissals.all.map(({ fingerprint, label, unixMs }) => ({
    label: plainLabel(label),
    description: `dismissed ${new Date(unixMs).toLocaleString()}`,
    fingerprint,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Restore Dismissed Leaks',
    placeHolder: 'Choose the ones to mark again',
    canPickMany: true,
  });
  if (chosen !== undefined) await dismissals.remove(chosen.map((it) => it.fingerprint));
}

/** Source is opened beside the dashboard and not over it. */
function sourceColumn(): vscode.ViewColumn | undefined {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const input: unknown = activeTabGroup.activeTab?.input;
  const onDashboard =
    input instanceof vscode.TabInputWebview || input instanceof vscode.TabInputCustom;
  if (!onDashboard) return undefined;
  return all.find((group) => group !== activeTabGroup)?.viewColumn ?? vscode.ViewColumn.Beside;
}
