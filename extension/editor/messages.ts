/**
 * Errors as the user sees them: what can be acted on says what to do and offers to do it; a defect
 * of ours says so and leads to the log.
 */
import * as vscode from 'vscode';
import { reasonOf, UserError, type UserErrorKind } from '../errors.ts';
import { type CommandId, commands, settingKeys } from './contributions.ts';
import type { Log } from './log.ts';
import { plain } from '../text/untrusted.ts';

interface Action {
  readonly title: string;
  readonly command: CommandId | 'workbench.action.openSettings';
  readonly argument?: string;
}

const showLog: Action = { title: 'Show Log', command: commands.showLog };
const checkHost: Action = { title: 'Check This Host', command: commands.checkHost };
const openSettings = (title: string, key: string): Action => ({
  title,
  command: 'workbench.action.openSettings',
  argument: key,
});

const actions: Partial<Record<UserErrorKind, readonly Action[]>> = {
  rootNeeded: [openSettings('Elevation Setting', settingKeys.elevationCommand), showLog],
  agentMissing: [openSettings('Agent Setting', settingKeys.agentPath), showLog],
  agentNotExecutable: [openSettings('Agent Setting', settingKeys.agentPath), showLog],
  agentVersion: [openSettings('Agent Setting', settingKeys.agentPath), showLog],
  agentLost: [showLog],
  agentSilent: [checkHost, showLog],
  agentGarbled: [showLog],
  agentFailed: [checkHost, showLog],
  unsupported: [checkHost],
  notPermitted: [checkHost],
  captureFile: [],
};

/** One line for a person, names of the target made plain. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof UserError)) return plain(reasonOf(thrown), 500);
  return plain(`${thrown.message} ${thrown.advice}`, 800);
}

/**
 * Shows and logs an error; never rejects.
 * @param doing what was tried: "The capture could not be started"
 */
export function showError(log: Log, doing: string, thrown: unknown): void {
  log.error(`${doing}: ${reasonOf(thrown)}`, thrown);
  const known = thrown instanceof UserError;
  const offered = known ? (actions[thrown.kind] ?? []) : [showLog];
  const text = known
    ? errorText(thrown)
    : `${doing}. This is a defect of LeakLens: ${errorText(thrown)}`;
  void vscode.window.showErrorMessage(text, ...offered).then((chosen) => {
    if (chosen !== undefined)
      void vscode.commands.executeCommand(
        chosen.command,
        ...(chosen.argument === undefined ? [] : [chosen.argument]),
      );
  });
}
