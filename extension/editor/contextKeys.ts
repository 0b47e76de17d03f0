/** Keeps the context keys true that menus and empty states ask for. */
import * as vscode from 'vscode';
import type { CaptureList } from './captures/captureList.ts';
import { type ContextKey, contextKeys } from './contributions.ts';
import { DisposableList } from './disposables.ts';
import type { Dismissals } from './marks/dismissals.ts';

export class ContextKeys {
  readonly #owned = new DisposableList();
  readonly #values = new Map<ContextKey, boolean>();

  constructor(list: CaptureList, dismissals: Dismissals) {
    const update = (): void => {
      this.#set(contextKeys.capturing, list.running.length > 0);
      this.#set(contextKeys.hasCaptures, list.all.length > 0);
      this.#set(contextKeys.hasDismissed, dismissals.all.length > 0);
    };
    this.#owned.add(list.onDidChange(update));
    this.#owned.add(dismissals.onDidChange(update));
    update();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #set(key: ContextKey, value: boolean): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
