/** The settings as VS Code holds them, decoded, and told when they change. */
import * as vscode from 'vscode';
import { DisposableList, Emitter } from './disposables.ts';
import type { Log } from './log.ts';
import { decodeSettings, type Settings } from './settings.ts';

export class Configuration {
  readonly #owned = new DisposableList();
  readonly #changed = this.#owned.add(new Emitter<Settings>());
  readonly #log: Log;
  #settings: Settings | undefined;
  readonly onDidChange = this.#changed.event;

  constructor(log: Log) {
    this.#log = log;
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('leaklens')) return;
        this.#settings = undefined;
        this.#changed.fire(this.current);
      }),
    );
  }

  get current(): Settings {
    if (this.#settings === undefined) {
      const all = vscode.workspace.getConfiguration();
      this.#settings = decodeSettings(
        (key) => all.get(key),
        ({ key, message }) => {
          this.#log.warning(`Setting ${key} ${message}: its default is used.`);
        },
      );
    }
    return this.#settings;
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
