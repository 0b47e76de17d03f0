/**
 * Check This Host: asks the agent what this machine offers to a capture, and shows each answer with
 * what to do about it.
 */
import * as vscode from 'vscode';
import type { DoctorCheck, DoctorResult } from '../../protocol/agent.ts';
import type { Captures } from './captures/captures.ts';
import type { Log } from './log.ts';
import { showError } from './messages.ts';
import { plain, plainLabel } from '../text/untrusted.ts';

const icons: Readonly<Record<DoctorCheck['status'], string>> = {
  ok: '$(pass-filled)',
  warning: '$(warning)',
  failed: '$(error)',
};
/** What needs attention comes first. */
const order: readonly DoctorCheck['status'][] = ['failed', 'warning', 'ok'];

export async function checkHost(captures: Captures, log: Log): Promise<void> {
  if (!vscode.workspace.isTrusted) return;
  let result: DoctorResult;
  try {
    result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: 'LeakLens: checking this host' },
      () => askAgent(captures),
    );
  } catch (error) {
    showError(log, 'This host could not be checked', error);
    return;
  }
  for (const { status, title, detail, advice } of result.checks)
    log.info(`${status}: ${plain(`${title}: ${detail} ${advice ?? ''}`, 500)}`);
  const chosen = await vscode.window.showQuickPick(itemsOf(result), {
    title: result.usable
      ? 'Check This Host: captures work here'
      : 'Check This Host: a capture cannot run here yet',
    placeHolder: 'Choose a line to copy its advice',
    matchOnDetail: true,
  });
  if (chosen?.advice !== undefined) await vscode.env.clipboard.writeText(chosen.advice);
}

async function askAgent(captures: Captures): Promise<DoctorResult> {
  const connection = await captures.connect();
  try {
    return await connection.request('doctor', {});
  } finally {
    await connection.dispose();
  }
}

function itemsOf({ checks }: DoctorResult): (vscode.QuickPickItem & { advice?: string })[] {
  return order.flatMap((status) =>
    checks
      .filter((check) => check.status === status)
      .map(({ title, detail, advice }) => ({
        label: `${icons[status]} ${plainLabel(title, 80)}`,
        description: plainLabel(detail, 160),
        ...(advice === undefined || advice === ''
          ? {}
          : { detail: `$(arrow-small-right) ${plainLabel(advice, 200)}`, advice }),
      })),
  );
}
