/** The read-only document behind a Problems entry's code: what the verdict means and rests on. */
import * as vscode from 'vscode';
import type { Site } from '../../analysis/report.ts';
import type { CaptureList } from '../captures/captureList.ts';
import type { OpenCapture } from '../captures/openCapture.ts';
import { DisposableList } from '../disposables.ts';
import { explanationMarkdown } from './explanation.ts';
import { siteOf } from './siteReference.ts';

const scheme = 'leaklens-explanation';

/** Names the explanation of a site. */
export function explanationUri(capture: OpenCapture, site: Site): vscode.Uri {
  const query = new URLSearchParams({ capture: capture.id, fingerprint: site.fingerprint });
  return vscode.Uri.from({ scheme, path: `/${site.verdict}.md`, query: query.toString() });
}

export class Explanations implements vscode.TextDocumentContentProvider {
  readonly #owned = new DisposableList();
  readonly #list: CaptureList;

  constructor(list: CaptureList) {
    this.#list = list;
    this.#owned.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const found = siteOf(Object.fromEntries(new URLSearchParams(uri.query)), this.#list);
    return found === undefined
      ? 'The capture that this explains is not open any more.\n'
      : explanationMarkdown(found.site, found.capture.report, found.capture.target);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
