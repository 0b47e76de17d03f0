/**
 * Sites that the user dismissed in this workspace, by their fingerprint, which survives rebuilds.
 */
import { z } from 'zod';
import { type Disposable, Emitter } from '../disposables.ts';

/** The part of VS Code's Memento that is needed. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const key = 'leaklens.dismissed';
const dismissal = z.object({
  fingerprint: z.string(),
  /** Where it was when it was dismissed, to recognise it by. */
  label: z.string(),
  unixMs: z.number(),
});
export type Dismissal = z.infer<typeof dismissal>;

/** The oldest are forgotten beyond this, so that the workspace's state stays small. */
const limit = 1000;

export class Dismissals implements Disposable {
  readonly #memory: Memory;
  readonly #changed = new Emitter<undefined>();
  #byFingerprint: Map<string, Dismissal>;
  readonly onDidChange = this.#changed.event;

  constructor(memory: Memory) {
    this.#memory = memory;
    // What an older or newer version stored is dropped if it does not fit.
    const stored = z.array(dismissal).catch([]).parse(memory.get(key));
    this.#byFingerprint = new Map(stored.map((it) => [it.fingerprint, it]));
  }

  has(fingerprint: string): boolean {
    return this.#byFingerprint.has(fingerprint);
  }

  /** Newest first. */
  get all(): readonly Dismissal[] {
    return [...this.#byFingerprint.values()].reverse();
  }

  async add(entry: Dismissal): Promise<void> {
    this.#byFingerprint.delete(entry.fingerprint);
    this.#byFingerprint.set(entry.fingerprint, entry);
    this.#byFingerprint = new Map([...this.#byFingerprint].slice(-limit));
    await this.#store();
  }

  async remove(fingerprints: readonly string[]): Promise<void> {
    for (const fingerprint of fingerprints) this.#byFingerprint.delete(fingerprint);
    await this.#store();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #store(): Promise<void> {
    this.#changed.fire(undefined);
    await this.#memory.update(key, [...this.#byFingerprint.values()]);
  }
}
