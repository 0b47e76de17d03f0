/**
 * The picker that Start Leak Capture opens: the program of a debug session, a program to launch,
 * and the processes that run, most likely ones first; with a button that reads them again.
 */
import * as vscode from 'vscode';
import type { ProcessInfo } from '../../../protocol/agent.ts';
import { DisposableList } from '../disposables.ts';
import { plainLabel } from '../../text/untrusted.ts';
import { rankProcesses, type Surroundings } from './processRanking.ts';

export type Pick =
  | { readonly kind: 'process'; readonly process: ProcessInfo }
  | { readonly kind: 'debugSession'; readonly session: vscode.DebugSession }
  | { readonly kind: 'launch' };

interface Item extends vscode.QuickPickItem {
  readonly pick?: Pick;
}

const refresh: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('refresh'),
  tooltip: 'Read the processes again',
};

/**
 * @param list reads the processes; called at once and for each refresh
 * @param sessions debug sessions whose program can be captured
 * @returns what was picked; undefined when the picker was closed
 * @throws what `list` throws
 */
export function pickTarget(
  list: () => Promise<readonly ProcessInfo[]>,
  sessions: readonly vscode.DebugSession[],
  surroundings: Surroundings,
): Promise<Pick | undefined> {
  const owned = new DisposableList();
  const picker = owned.add(vscode.window.createQuickPick<Item>());
  picker.title = 'Start Leak Capture';
  picker.placeholder = 'Pick the process to capture, by name, PID or command line';
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.buttons = [refresh];
  picker.items = [...sessionItems(sessions), launchItem];

  return new Promise<Pick | undefined>((resolve, reject) => {
    const load = (): void => {
      picker.busy = true;
      list().then((processes) => {
        if (owned.disposed) return;
        picker.busy = false;
        const active = picker.activeItems[0];
        picker.items = itemsFor(sessions, processes, surroundings);
        // Reading again must not move a choice; at first the likeliest process is it.
        const next =
          picker.items.find((item) => samePid(item, active)) ??
          picker.items.find((item) => item.pick?.kind === 'process');
        if (next !== undefined) picker.activeItems = [next];
      }, reject);
    };
    owned.add(picker.onDidTriggerButton(load));
    owned.add(
      picker.onDidAccept(() => {
        const pick = picker.selectedItems[0]?.pick;
        if (pick !== undefined) resolve(pick);
      }),
    );
    owned.add(
      picker.onDidHide(() => {
        resolve(undefined);
      }),
    );
    picker.show();
    load();
  }).finally(() => {
    owned.dispose();
  });
}

const launchItem: Item = {
  label: '$(rocket) Launch a program under capture...',
  description: 'from its first allocations on',
  alwaysShow: true,
  pick: { kind: 'launch' },
};

function sessionItems(sessions: readonly vscode.DebugSession[]): Item[] {
  return sessions.map((session) => ({
    label: `$(debug-alt) Program of the debug session ${plainLabel(session.name, 80)}`,
    alwaysShow: true,
    pick: { kind: 'debugSession', session },
  }));
}

function itemsFor(
  sessions: readonly vscode.DebugSession[],
  processes: readonly ProcessInfo[],
  surroundings: Surroundings,
): Item[] {
  const groups = rankProcesses(processes, surroundings).flatMap(({ title, items }): Item[] => [
    { label: title, kind: vscode.QuickPickItemKind.Separator },
    ...items.map(({ process, label, description, detail }) => ({
      label,
      description,
      detail,
      pick: { kind: 'process' as const, process },
    })),
  ]);
  return [...sessionItems(sessions), launchItem, ...groups];
}

function samePid(a: Item, b: Item | undefined): boolean {
  return (
    a.pick?.kind === 'process' &&
    b?.pick?.kind === 'process' &&
    a.pick.process.pid === b.pick.process.pid
  );
}
