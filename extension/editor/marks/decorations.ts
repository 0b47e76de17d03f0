/**
 * What a leaking line looks like: an icon in the gutter, the growth at the end of the line, a mark in
 * the overview ruler. Drawn in each visible editor of a marked file.
 */
import * as vscode from 'vscode';
import type { Configuration } from '../configuration.ts';
import { colors } from '../contributions.ts';
import { DisposableList } from '../disposables.ts';
import { endOfLineText, type MarkedVerdict } from './markText.ts';
import type { PlacedMarks } from './placedMarks.ts';

export class Decorations {
  readonly #owned = new DisposableList();
  readonly #types: Readonly<Record<MarkedVerdict, vscode.TextEditorDecorationType>>;
  readonly #marks: PlacedMarks;
  readonly #configuration: Configuration;

  constructor(marks: PlacedMarks, configuration: Configuration, extensionUri: vscode.Uri) {
    this.#marks = marks;
    this.#configuration = configuration;
    this.#types = {
      leak: this.#owned.add(decorationType(extensionUri, 'leak', colors.leak, colors.leakLine)),
      growing: this.#owned.add(decorationType(extensionUri, 'growing', colors.growing, undefined)),
    };
    this.#owned.add(
      marks.onDidChange((paths) => {
        for (const editor of vscode.window.visibleTextEditors)
          if (paths.has(editor.document.uri.fsPath)) this.#draw(editor);
      }),
    );
    this.#owned.add(
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        for (const editor of editors) this.#draw(editor);
      }),
    );
    this.#owned.add(
      configuration.onDidChange(() => {
        for (const editor of vscode.window.visibleTextEditors) this.#draw(editor);
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #draw(editor: vscode.TextEditor): void {
    const options: Record<MarkedVerdict, vscode.DecorationOptions[]> = { leak: [], growing: [] };
    if (this.#configuration.current.decorations)
      for (const [line, [first, ...others]] of this.#marks.byLine(editor.document.uri)) {
        if (first === undefined || line >= editor.document.lineCount) continue;
        const { range } = editor.document.lineAt(line);
        const text = endOfLineText(first.mark.site, others.length);
        const stale = first.mark.stale ? ' · source is newer' : '';
        options[first.mark.verdict].push({
          // The whole line, so that the text after it stands behind all code and comments.
          range,
          renderOptions: { after: { contentText: `${text}${stale}` } },
        });
      }
    for (const verdict of ['leak', 'growing'] as const)
      editor.setDecorations(this.#types[verdict], options[verdict]);
  }
}

function decorationType(
  extensionUri: vscode.Uri,
  icon: string,
  color: string,
  background: string | undefined,
): vscode.TextEditorDecorationType {
  const themeColor = new vscode.ThemeColor(color);
  const image = (theme: string): vscode.Uri =>
    vscode.Uri.joinPath(extensionUri, 'media', `gutter-${icon}-${theme}.svg`);
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    overviewRulerColor: themeColor,
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    ...(background === undefined ? {} : { backgroundColor: new vscode.ThemeColor(background) }),
    dark: { gutterIconPath: image('dark') },
    light: { gutterIconPath: image('light') },
    gutterIconSize: '80%',
    after: { color: themeColor, margin: '0 0 0 2.5em', fontStyle: 'italic' },
  });
}
