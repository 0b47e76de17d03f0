/**
 * Where a recorded source line is now, while its buffer is being edited.
 *
 * A capture names lines of the source that was built. Every edit since then moves them, so each
 * line that is marked is an anchor that moves with the text.
 */

/** An edit as the editor reports it; lines and characters count from 0, positions are those before. */
export interface TextChange {
  readonly start: Position;
  readonly end: Position;
  readonly text: string;
}
export interface Position {
  readonly line: number;
  readonly character: number;
}

/**
 * Where a position is after an edit; undefined when its line was deleted.
 *
 * Text that is inserted right before the position pushes it on, as it pushes the code that stands
 * there. A replacement of several lines by several lines (a formatter's) keeps the distance from
 * its start.
 */
export function moved(position: Position, { start, end, text }: TextChange): Position | undefined {
  if (isBefore(position, start)) return position;
  const inserted = text.split('\n');
  const added = inserted.length - 1;
  const removed = end.line - start.line;
  if (!isBefore(position, end)) {
    if (position.line > end.line)
      return { line: position.line + added - removed, character: position.character };
    const tail = inserted.at(-1)?.length ?? 0;
    const base = added === 0 ? start.character + tail : tail;
    return { line: start.line + added, character: base + position.character - end.character };
  }
  if (removed === 0) return { line: start.line, character: start.character };
  if (added === 0) return position.line === start.line ? start : undefined;
  return {
    line: Math.min(position.line, start.line + added),
    character: position.character,
  };
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

interface Anchor {
  current: Position | undefined;
  /** Where it was when the buffer was last equal to its file. */
  saved: Position | undefined;
}

/** The anchors of all documents. A document is named by its URI. */
export class LineTracker {
  readonly #documents = new Map<string, Map<string, Anchor>>();

  /**
   * Where a recorded line is now.
   * @param document URI of the document
   * @param build names the binary: lines of two builds of one source are different lines
   * @param line from 0, as recorded
   * @param column where the code begins in that line; used when the line is first seen
   * @returns the line now, or undefined when it was deleted
   */
  lineNow(document: string, build: string, line: number, column: number): number | undefined {
    const anchors = this.#documents.get(document) ?? new Map<string, Anchor>();
    this.#documents.set(document, anchors);
    const key = `${line} ${build}`;
    let anchor = anchors.get(key);
    if (anchor === undefined) {
      const position = { line, character: column };
      anchors.set(key, (anchor = { current: position, saved: position }));
    }
    return anchor.current?.line;
  }

  /** Applies the edits of one change event. They are independent: all positions are those before. */
  edited(document: string, changes: readonly TextChange[]): void {
    // From the end of the document to its start, so that no edit moves another's positions.
    const ordered = [...changes].sort((a, b) => (isBefore(a.start, b.start) ? 1 : -1));
    for (const anchor of this.#documents.get(document)?.values() ?? [])
      for (const change of ordered)
        if (anchor.current !== undefined) anchor.current = moved(anchor.current, change);
  }

  /** The buffer was written to its file. */
  saved(document: string): void {
    for (const anchor of this.#documents.get(document)?.values() ?? [])
      anchor.saved = anchor.current;
  }

  /** The buffer is gone: what was not saved counts no more. */
  closed(document: string): void {
    for (const anchor of this.#documents.get(document)?.values() ?? [])
      anchor.current = anchor.saved;
  }

  clear(): void {
    this.#documents.clear();
  }
}
