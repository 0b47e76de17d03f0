/**
 * The captures that the editor has open, in the order in which they were opened, and the one that
 * the dashboard shows. Everything that shows captures listens here; nothing else connects them.
 */
import { type Disposable, Emitter } from '../disposables.ts';
import type { OpenCapture } from './openCapture.ts';

export type CaptureChange =
  | { readonly kind: 'added' | 'updated' | 'removed'; readonly capture: OpenCapture }
  /** Another capture is the one that is shown. */
  | { readonly kind: 'shown'; readonly capture: OpenCapture | undefined };

export class CaptureList implements Disposable {
  readonly #captures = new Map<string, OpenCapture>();
  readonly #changed = new Emitter<CaptureChange>();
  #shown: string | undefined;
  readonly onDidChange = this.#changed.event;

  /** Oldest first. */
  get all(): readonly OpenCapture[] {
    return [...this.#captures.values()];
  }

  get running(): readonly OpenCapture[] {
    return this.all.filter((it) => it.running);
  }

  /** The capture that the user looks at: the one last opened or chosen. */
  get shown(): OpenCapture | undefined {
    return this.#shown === undefined ? undefined : this.#captures.get(this.#shown);
  }

  get(id: string): OpenCapture | undefined {
    return this.#captures.get(id);
  }

  /** Adds a capture, which is shown then, or replaces the one with the same id. */
  put(capture: OpenCapture): void {
    const known = this.#captures.has(capture.id);
    this.#captures.set(capture.id, capture);
    this.#changed.fire({ kind: known ? 'updated' : 'added', capture });
    if (!known) this.show(capture.id);
  }

  show(id: string): void {
    if (this.#shown === id) return;
    this.#shown = id;
    this.#changed.fire({ kind: 'shown', capture: this.shown });
  }

  remove(id: string): void {
    const capture = this.#captures.get(id);
    if (capture === undefined) return;
    this.#captures.delete(id);
    this.#changed.fire({ kind: 'removed', capture });
    if (this.#shown === id) {
      this.#shown = this.all.at(-1)?.id;
      this.#changed.fire({ kind: 'shown', capture: this.shown });
    }
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
