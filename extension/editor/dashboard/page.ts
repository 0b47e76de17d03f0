/**
 * A dashboard in a webview: connects a presenter with a page, decodes what the page says, and hands
 * its wishes on. Used by the dashboard panel and by the editor of saved captures.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { fromView, type ToView } from '../../../protocol/view.ts';
import { DisposableList } from '../disposables.ts';
import type { Log } from '../log.ts';
import { dashboardHtml } from './html.ts';
import { DashboardPresenter, type Wish } from './presenter.ts';

export class DashboardPage {
  readonly presenter: DashboardPresenter;
  readonly panel: vscode.WebviewPanel;
  readonly #owned = new DisposableList();

  /**
   * @param panel is filled; it ends the page when it is closed, and not the other way round
   * @param fulfil does what the user asked for on the page
   */
  constructor(
    panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    log: Log,
    fulfil: (wish: Wish) => void,
  ) {
    this.panel = panel;
    const { webview } = panel;
    const resources = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    this.presenter = new DashboardPresenter((message: ToView) => {
      // A hidden page loses messages; it asks for everything when it is shown again.
      void webview.postMessage(message);
    });
    webview.options = { enableScripts: true, localResourceRoots: [resources] };
    this.#owned.add(
      webview.onDidReceiveMessage((raw: unknown) => {
        const message = fromView.safeParse(raw);
        if (!message.success) {
          log.warning(`The dashboard sent an unknown message: ${message.error.message}`);
          return;
        }
        const wish = this.presenter.receive(message.data);
        if (wish !== undefined) fulfil(wish);
      }),
    );
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        this.presenter.setVisible(panel.visible);
      }),
    );
    this.#owned.add(
      panel.onDidDispose(() => {
        this.dispose();
      }),
    );
    const part = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(resources, name)).toString();
    webview.html = dashboardHtml({
      nonce: randomBytes(18).toString('base64'),
      cspSource: webview.cspSource,
      scriptUri: part('main.js'),
      styleUri: part('main.css'),
    });
  }

  /** Runs when the page ends, however that happens. */
  onEnd(ended: () => void): void {
    this.#owned.add({ dispose: ended });
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
