/** The status bar item: shown while a capture runs; a click opens the dashboard. */
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import { DisposableList } from '../disposables.ts';
import type { CaptureList } from './captureList.ts';
import { statusText, statusTooltip } from './statusText.ts';

export class StatusBar {
  readonly #owned = new DisposableList();
  readonly #list: CaptureList;
  readonly #item: vscode.StatusBarItem;
  #timer: NodeJS.Timeout | undefined;

  constructor(list: CaptureList) {
    this.#list = list;
    this.#item = this.#owned.add(
      vscode.window.createStatusBarItem('leaklens.status', vscode.StatusBarAlignment.Left, 50),
    );
    this.#item.name = 'LeakLens Capture';
    this.#item.command = commands.showDashboard;
    this.#owned.add(
      list.onDidChange(() => {
        this.#update();
      }),
    );
    this.#owned.add({
      dispose: () => {
        clearInterval(this.#timer);
      },
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #update(): void {
    const { running } = this.#list;
    if (running.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#item.hide();
      return;
    }
    this.#item.text = statusText(running, Date.now());
    this.#item.tooltip = statusTooltip(running);
    this.#item.accessibilityInformation = { label: `LeakLens: ${this.#item.text}` };
    this.#item.show();
    // The clock goes on between samples.
    this.#timer ??= setInterval(() => {
      this.#update();
    }, 1000);
  }
}
