/**
 * The code lens above each function that leaks: how much it leaked, and ways to its call stack, its
 * chart, and to dismissing it.
 */
import * as vscode from 'vscode';
import type { Configuration } from '../configuration.ts';
import { commands } from '../contributions.ts';
import { DisposableList } from '../disposables.ts';
import { shortFunction } from '../../text/untrusted.ts';
import { functionHeaderLine } from './functionHeader.ts';
import { lensTitle } from './markText.ts';
import type { PlacedMark, PlacedMarks } from './placedMarks.ts';
import { referenceTo } from './siteReference.ts';

/**
 * The editor asks for lenses only when no change was told for as long as it took to make them, which
 * on a busy machine is some seconds: changes that are told more often than that starve them.
 */
const numbersEveryMs = 20_000;

export class Lenses implements vscode.CodeLensProvider {
  readonly #owned = new DisposableList();
  readonly #changed = this.#owned.add(new vscode.EventEmitter<void>());
  readonly #marks: PlacedMarks;
  readonly #configuration: Configuration;
  #told = { shape: '', at: 0 };
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(marks: PlacedMarks, configuration: Configuration) {
    this.#marks = marks;
    this.#configuration = configuration;
    this.#owned.add(
      marks.onDidChange(() => {
        this.#tell();
      }),
    );
    this.#owned.add(
      configuration.onDidChange(() => {
        this.#changed.fire();
      }),
    );
    this.#owned.add(vscode.languages.registerCodeLensProvider({ scheme: 'file' }, this));
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!this.#configuration.current.codeLens) return [];
    const placed = this.#marks.in(document.uri).filter(({ line }) => line < document.lineCount);
    if (placed.length === 0) return [];
    const lines = document.getText().split(/\r?\n/);
    return placed.flatMap((it) => lensesOf(it, lines));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Lenses that come, go or move are told at once, new numbers alone now and then. */
  #tell(): void {
    const shape = this.#marks.paths
      .flatMap((path) => this.#marks.in(vscode.Uri.file(path)))
      .map(({ mark, line }) =>
        [mark.path, line, mark.site.fingerprint, mark.verdict, mark.capture.running].join(' '),
      )
      .join('\n');
    const now = performance.now();
    if (shape === this.#told.shape && now - this.#told.at < numbersEveryMs) return;
    this.#told = { shape, at: now };
    this.#changed.fire();
  }
}

function lensesOf({ mark, line }: PlacedMark, lines: readonly string[]): vscode.CodeLens[] {
  const { site, capture } = mark;
  const name = shortFunction(site.blamed?.function ?? '');
  const header = functionHeaderLine(lines, line, name);
  const range = new vscode.Range(header, 0, header, 0);
  const reference = referenceTo(capture, site);
  const lens = (title: string, command: string, tooltip: string): vscode.CodeLens =>
    new vscode.CodeLens(range, { title, command, tooltip, arguments: [reference] });
  const title = lensTitle(site, capture.report.durationNs);
  return [
    lens(`$(flame) ${title}`, commands.showSiteChart, `${site.verdict} in ${capture.title}`),
    lens('Show stack', commands.showSiteStack, 'Show the call stacks in the LeakLens view'),
    lens('Show chart', commands.showSiteChart, 'Show the growth in the dashboard'),
    lens('Dismiss', commands.dismissSite, 'Mark this site no more in this workspace'),
  ];
}
