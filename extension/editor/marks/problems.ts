/**
 * The Problems entries: one for each marked site, at its line as it is now, with the callers as
 * related information and a code that leads to the explanation.
 */
import * as vscode from 'vscode';
import type { Configuration } from '../configuration.ts';
import { DisposableList } from '../disposables.ts';
import { explanationUri } from './explanations.ts';
import type { Mark } from './markModel.ts';
import { problemMessage } from './markText.ts';
import type { PlacedMark, PlacedMarks } from './placedMarks.ts';

/** Typing moves entries; drawing them again for each key is not needed. */
const editDelayMs = 150;

export class Problems {
  readonly #owned = new DisposableList();
  readonly #collection = this.#owned.add(vscode.languages.createDiagnosticCollection('leaklens'));
  readonly #marks: PlacedMarks;
  readonly #configuration: Configuration;
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(marks: PlacedMarks, configuration: Configuration) {
    this.#marks = marks;
    this.#configuration = configuration;
    this.#owned.add(
      marks.onDidChange((paths) => {
        this.#schedule(paths);
      }),
    );
    this.#owned.add(
      configuration.onDidChange(() => {
        this.#schedule(marks.paths);
      }),
    );
    this.#owned.add({
      dispose: () => {
        clearTimeout(this.#timer);
      },
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #schedule(paths: Iterable<string>): void {
    for (const path of paths) this.#pending.add(path);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const path of this.#pending) this.#publish(vscode.Uri.file(path));
      this.#pending.clear();
    }, editDelayMs);
  }

  #publish(uri: vscode.Uri): void {
    const { problems } = this.#configuration.current;
    const document = vscode.workspace.textDocuments.find(
      (it) => it.uri.toString() === uri.toString(),
    );
    this.#collection.set(
      uri,
      problems ? this.#marks.in(uri).map((placed) => diagnosticOf(placed, document)) : [],
    );
  }
}

function diagnosticOf(
  { mark, line }: PlacedMark,
  document: vscode.TextDocument | undefined,
): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(
    codeRange(mark, line, document),
    problemMessage(mark.site, mark.capture.target, mark.stale),
    mark.verdict === 'leak'
      ? vscode.DiagnosticSeverity.Warning
      : vscode.DiagnosticSeverity.Information,
  );
  diagnostic.source = 'LeakLens';
  diagnostic.code = {
    value: mark.verdict === 'leak' ? 'memory-leak' : 'memory-growth',
    target: explanationUri(mark.capture, mark.site),
  };
  diagnostic.relatedInformation = mark.callers.map(
    ({ path, line: at, column, name }) =>
      new vscode.DiagnosticRelatedInformation(
        new vscode.Location(vscode.Uri.file(path), new vscode.Position(at, column)),
        `called from ${name}`,
      ),
  );
  return diagnostic;
}

/** The code of the line, without indentation; the recorded column where the file is not open. */
function codeRange(
  { column }: Mark,
  line: number,
  document: vscode.TextDocument | undefined,
): vscode.Range {
  if (document === undefined || line >= document.lineCount)
    return new vscode.Range(line, column, line, Number.MAX_SAFE_INTEGER);
  const text = document.lineAt(line);
  const code = text.text.replace(/\s*\/\/.*$/, '').trimEnd();
  const start = text.firstNonWhitespaceCharacterIndex;
  return new vscode.Range(line, start, line, Math.max(code.length, start + 1));
}
