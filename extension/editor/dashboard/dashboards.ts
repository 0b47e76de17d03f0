/**
 * The dashboards: one panel for the captures of this session, which shows the one that the user
 * looks at, and an editor for each saved file. All of them are filled from here.
 */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Site } from '../../analysis/report.ts';
import type { FromView } from '../../../protocol/view.ts';
import { errorText } from '../messages.ts';
import type { Captures } from '../captures/captures.ts';
import type { OpenCapture } from '../captures/openCapture.ts';
import { commands, dashboardPanel, savedCaptureEditor } from '../contributions.ts';
import { DisposableList } from '../disposables.ts';
import type { Log } from '../log.ts';
import { DashboardPage } from './page.ts';
import type { Wish } from './presenter.ts';
import type { Subject } from './viewModel.ts';

type ViewCommand = Extract<FromView, { type: 'command' }>['command'];
const commandOf = {
  startCapture: commands.startCapture,
  stopCapture: commands.stopCapture,
  openCapture: commands.openCapture,
  saveCapture: commands.saveCaptureAs,
  checkHost: commands.checkHost,
} satisfies Record<ViewCommand, string>;

interface SavedDocument extends vscode.CustomDocument {
  readonly id: string;
}

export class Dashboards
  implements vscode.WebviewPanelSerializer, vscode.CustomReadonlyEditorProvider<SavedDocument>
{
  readonly #owned = new DisposableList();
  readonly #captures: Captures;
  readonly #extensionUri: vscode.Uri;
  readonly #log: Log;
  #panel: DashboardPage | undefined;
  /** Editors of saved files, by the capture that they show. */
  readonly #saved = new Map<string, DashboardPage>();

  constructor(captures: Captures, extensionUri: vscode.Uri, log: Log) {
    this.#captures = captures;
    this.#extensionUri = extensionUri;
    this.#log = log;
    this.#owned.add(
      captures.list.onDidChange(({ kind, capture }) => {
        this.#fillPanel();
        if (kind === 'updated') this.#saved.get(capture.id)?.presenter.show(subjectOf(capture));
      }),
    );
    this.#owned.add(vscode.window.registerWebviewPanelSerializer(dashboardPanel, this));
    this.#owned.add(
      vscode.window.registerCustomEditorProvider(savedCaptureEditor, this, {
        supportsMultipleEditorsPerDocument: false,
      }),
    );
    this.#owned.add({ dispose: () => this.#panel?.dispose() });
  }

  /**
   * Shows a capture: a saved one in the editor of its file, others in the panel.
   * @param site is selected there
   */
  async show(capture: OpenCapture | undefined, site?: Site): Promise<void> {
    if (capture !== undefined) this.#captures.list.show(capture.id);
    if (capture?.file !== undefined && !this.#panelShows(capture)) {
      const uri = vscode.Uri.file(capture.file);
      await vscode.commands.executeCommand('vscode.openWith', uri, savedCaptureEditor);
      if (site !== undefined) this.#saved.get(capture.id)?.presenter.select(site);
      return;
    }
    this.#panel ??= this.#page(
      vscode.window.createWebviewPanel(
        dashboardPanel,
        'LeakLens Dashboard',
        { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
        {},
      ),
    );
    this.#panel.panel.reveal(undefined, true);
    this.#fillPanel();
    if (site !== undefined) this.#panel.presenter.select(site);
  }

  /** The window was reloaded with the panel open. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#panel = this.#page(panel);
    this.#fillPanel();
    return Promise.resolve();
  }

  async openCustomDocument(uri: vscode.Uri): Promise<SavedDocument> {
    try {
      const { id } = await this.#captures.open(uri.fsPath);
      return { uri, id, dispose: () => undefined };
    } catch (error) {
      this.#log.error(`${uri.fsPath} cannot be opened`, error);
      // The editor shows this text in place of the document.
      throw new Error(errorText(error), { cause: error });
    }
  }

  resolveCustomEditor(document: SavedDocument, panel: vscode.WebviewPanel): void {
    const page = new DashboardPage(panel, this.#extensionUri, this.#log, (wish) => {
      this.#fulfil(wish, this.#captures.list.get(document.id));
    });
    this.#saved.set(document.id, page);
    page.onEnd(() => {
      if (this.#saved.get(document.id) === page) this.#saved.delete(document.id);
    });
    const capture = this.#captures.list.get(document.id);
    if (capture !== undefined)
      page.presenter.show({ ...subjectOf(capture), file: path.basename(document.uri.fsPath) });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #panelShows(capture: OpenCapture): boolean {
    return this.#panel !== undefined && !this.#saved.has(capture.id);
  }

  #page(panel: vscode.WebviewPanel): DashboardPage {
    panel.iconPath = vscode.Uri.joinPath(this.#extensionUri, 'media', 'icon.svg');
    const page = new DashboardPage(panel, this.#extensionUri, this.#log, (wish) => {
      this.#fulfil(wish, this.#captures.list.shown);
    });
    page.onEnd(() => {
      if (this.#panel === page) this.#panel = undefined;
    });
    return page;
  }

  #fillPanel(): void {
    if (this.#panel === undefined) return;
    const { shown } = this.#captures.list;
    this.#panel.panel.title =
      shown === undefined ? 'LeakLens Dashboard' : `LeakLens: ${shown.target}`;
    this.#panel.presenter.show(shown === undefined ? undefined : subjectOf(shown));
  }

  #fulfil(wish: Wish, capture: OpenCapture | undefined): void {
    switch (wish.type) {
      case 'open':
        void vscode.commands.executeCommand(commands.openFrame, wish.frame);
        break;
      case 'command':
        void vscode.commands.executeCommand(commandOf[wish.command], capture?.id);
        break;
      case 'selected':
        break;
    }
  }
}

function subjectOf(capture: OpenCapture): Subject {
  return {
    capture: capture.capture,
    report: capture.report,
    file: capture.file === undefined ? undefined : path.basename(capture.file),
    live: capture.running,
  };
}
