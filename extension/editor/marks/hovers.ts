/** The hover on a marked line: numbers, growth curve and call stack of each site there. */
import * as vscode from 'vscode';
import type { Configuration } from '../configuration.ts';
import { commands } from '../contributions.ts';
import { DisposableList } from '../disposables.ts';
import { hoverMarkdown } from './hoverText.ts';
import type { Mark } from './markModel.ts';
import type { PlacedMarks } from './placedMarks.ts';
import { commandUri, frameUri, linkCommands, referenceTo } from './siteReference.ts';

/** More sites on one line than anyone reads in a hover. */
const maxSites = 3;

export class Hovers implements vscode.HoverProvider {
  readonly #owned = new DisposableList();
  readonly #marks: PlacedMarks;
  readonly #configuration: Configuration;

  constructor(marks: PlacedMarks, configuration: Configuration) {
    this.#marks = marks;
    this.#configuration = configuration;
    this.#owned.add(vscode.languages.registerHoverProvider({ scheme: 'file' }, this));
  }

  provideHover(document: vscode.TextDocument, { line }: vscode.Position): vscode.Hover | undefined {
    const { hovers, problems } = this.#configuration.current;
    if (!hovers) return undefined;
    const placed = this.#marks.byLine(document.uri).get(line);
    if (placed === undefined) return undefined;
    return new vscode.Hover(
      placed.slice(0, maxSites).map(({ mark }) => markdown(mark, !problems)),
      document.lineAt(line).range,
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

function markdown({ site, capture, stale }: Mark, explain: boolean): vscode.MarkdownString {
  const reference = referenceTo(capture, site);
  const text = new vscode.MarkdownString(
    hoverMarkdown(site, capture.target, stale, explain, {
      frame: frameUri,
      chart: commandUri(commands.showSiteChart, reference),
      dismiss: commandUri(commands.dismissSite, reference),
    }),
    true,
  );
  text.isTrusted = { enabledCommands: linkCommands };
  text.supportHtml = false;
  return text;
}
