/**
 * The marks of each document at the lines where they are now: follows edits of buffers, and tells
 * which documents must be drawn again.
 */
import * as vscode from 'vscode';
import { DisposableList, Emitter } from '../disposables.ts';
import { LineTracker } from './lineTracker.ts';
import type { Mark, MarkModel } from './markModel.ts';

export interface PlacedMark {
  readonly mark: Mark;
  /** From 0, in the buffer as it is now. */
  readonly line: number;
}

export class PlacedMarks {
  readonly #owned = new DisposableList();
  readonly #changed = this.#owned.add(new Emitter<ReadonlySet<string>>());
  readonly #tracker = new LineTracker();
  readonly #model: MarkModel;
  /** Paths of files whose marks changed or moved. */
  readonly onDidChange = this.#changed.event;

  constructor(model: MarkModel) {
    this.#model = model;
    this.#owned.add(
      model.onDidChange((paths) => {
        this.#changed.fire(paths);
      }),
    );
    this.#owned.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const path = pathOf(document.uri);
        if (path === undefined || contentChanges.length === 0) return;
        this.#tracker.edited(
          path,
          contentChanges.map(({ range, text }) => ({ start: range.start, end: range.end, text })),
        );
        if (this.#model.in(path).length > 0) this.#changed.fire(new Set([path]));
      }),
    );
    this.#owned.add(
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        const path = pathOf(uri);
        if (path === undefined) return;
        this.#tracker.saved(path);
        // The file is newer now than the binary, which the marks have to say.
        if (this.#model.in(path).length > 0) this.#model.refresh();
      }),
    );
    this.#owned.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        const path = pathOf(uri);
        if (path !== undefined) this.#tracker.closed(path);
      }),
    );
  }

  /** Sorted by line; a mark whose line was deleted is left out. */
  in(uri: vscode.Uri): readonly PlacedMark[] {
    const path = pathOf(uri);
    if (path === undefined) return [];
    return this.#model
      .in(path)
      .flatMap((mark): PlacedMark[] => {
        const line = this.#tracker.lineNow(path, mark.build, mark.line, mark.column);
        return line === undefined ? [] : [{ mark, line }];
      })
      .sort(
        (a, b) => a.line - b.line || b.mark.site.outstandingBytes - a.mark.site.outstandingBytes,
      );
  }

  /** The marks by line, the largest of each line first. */
  byLine(uri: vscode.Uri): ReadonlyMap<number, readonly PlacedMark[]> {
    const lines = new Map<number, PlacedMark[]>();
    for (const placed of this.in(uri)) {
      const list = lines.get(placed.line) ?? [];
      list.push(placed);
      lines.set(placed.line, list);
    }
    return lines;
  }

  /** Where a line of a marked file is now; undefined where no mark knows. Both from 0. */
  lineNow(path: string, line: number): number | undefined {
    return this.in(vscode.Uri.file(path)).find(({ mark }) => mark.line === line)?.line;
  }

  get paths(): readonly string[] {
    return this.#model.paths;
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

function pathOf(uri: vscode.Uri): string | undefined {
  return uri.scheme === 'file' ? uri.fsPath : undefined;
}
