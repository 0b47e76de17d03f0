/** Saving, opening and recovering captures: the dialogues around what captures.ts does. */
import path from 'node:path';
import * as vscode from 'vscode';
import { FILE_EXTENSION } from '../../capture/file.ts';
import { savedCaptureEditor } from '../contributions.ts';
import type { Log } from '../log.ts';
import { showError } from '../messages.ts';
import { formatDuration } from '../../../protocol/quantities.ts';
import { plain } from '../../text/untrusted.ts';
import type { Captures } from './captures.ts';
import type { Journals, Orphan } from './journals.ts';
import { captureId, type OpenCapture, suggestedName } from './openCapture.ts';

/** A window that is being reloaded needs some time to end and to give its journals free. */
const reloadPatienceMs = 6000;

const filters = { 'LeakLens captures': [FILE_EXTENSION.slice(1)] };

/** Save Capture As: asks where. */
export async function saveCaptureAs(
  captures: Captures,
  capture: OpenCapture,
  log: Log,
): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = suggestedName(capture);
  const chosen = await vscode.window.showSaveDialog({
    title: 'Save Capture As',
    filters,
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (chosen === undefined) return;
  const file = chosen.fsPath.endsWith(FILE_EXTENSION)
    ? chosen.fsPath
    : `${chosen.fsPath}${FILE_EXTENSION}`;
  try {
    await captures.save(capture.id, file);
    vscode.window.setStatusBarMessage(`$(check) Saved ${path.basename(file)}`, 5000);
  } catch (error) {
    showError(log, 'The capture could not be saved', error);
  }
}

/** Open Saved Capture: asks which, unless one is given. */
export async function openSavedCapture(given: vscode.Uri | undefined): Promise<void> {
  const chosen =
    given ?? (await vscode.window.showOpenDialog({ title: 'Open Saved Capture', filters }))?.[0];
  if (chosen !== undefined)
    await vscode.commands.executeCommand('vscode.openWith', chosen, savedCaptureEditor);
}

/**
 * Offers the captures that a crashed or reloaded window left behind.
 * @param restore id of the capture that the dashboard showed: it is opened without asking
 */
export async function recoverCaptures(
  captures: Captures,
  journals: Journals,
  restore: string | undefined,
  log: Log,
): Promise<void> {
  try {
    const found = await orphansAfterReload(journals, restore);
    const shown = found.find((orphan) => idOf(orphan) === restore);
    const offered = found.filter((orphan) => orphan !== shown);
    if (shown !== undefined) {
      captures.recover(shown);
      log.info(`Recovered the capture of ${describe(shown)}`);
    }
    if (offered.length > 0) await offer(captures, journals, offered);
  } catch (error) {
    log.error('Captures could not be recovered', error);
  }
}

async function orphansAfterReload(
  journals: Journals,
  restore: string | undefined,
): Promise<readonly Orphan[]> {
  const deadline = Date.now() + reloadPatienceMs;
  const found: Orphan[] = [];
  for (;;) {
    const ids = new Set(found.map(idOf));
    found.push(...(await journals.orphans()).filter((orphan) => !ids.has(idOf(orphan))));
    const missing = restore !== undefined && !found.some((orphan) => idOf(orphan) === restore);
    if (!missing || Date.now() >= deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function offer(
  captures: Captures,
  journals: Journals,
  orphans: readonly Orphan[],
): Promise<void> {
  const [first, ...others] = orphans;
  if (first === undefined) return;
  const text =
    others.length === 0
      ? `A capture of ${describe(first)} was not saved when its window closed.`
      : `${orphans.length} captures were not saved when their window closed, the first of ${describe(first)}.`;
  const open = others.length === 0 ? 'Open' : 'Open All';
  const discard = others.length === 0 ? 'Discard' : 'Discard All';
  const chosen = await vscode.window.showInformationMessage(text, open, discard);
  for (const orphan of orphans) {
    if (chosen === open) captures.recover(orphan);
    else if (chosen === discard) await journals.discard(idOf(orphan));
  }
}

function idOf({ capture }: Orphan): string {
  return captureId(capture);
}

function describe({ capture }: Orphan): string {
  const { name, pid } = capture.start.process;
  const length = formatDuration(capture.samples.at(-1)?.timeNs ?? 0);
  return `${plain(name, 60)} (${pid}), ${length} long,`;
}
