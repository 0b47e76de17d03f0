/**
 * Ownership of whatever must be released: a list that disposes what it holds, in reverse order,
 * and disposes at once what arrives after its own end.
 *
 * Late arrivals are common: an agent that finishes starting after its window has closed would
 * otherwise keep its probes armed.
 */

/** As VS Code's own: the result is ignored, unless it is a promise that rejects. */
export interface Disposable {
  dispose(): unknown;
}

export class DisposableList implements Disposable {
  readonly #items = new Set<Disposable>();
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** How many resources are held now. */
  get size(): number {
    return this.#items.size;
  }

  /**
   * Takes ownership.
   * @returns the item, so that it can be named where it is made
   */
  add<T extends Disposable>(item: T): T {
    if (this.#disposed) {
      item.dispose();
    } else {
      this.#items.add(item);
    }
    return item;
  }

  /** Disposes one item early; without effect when the list does not hold it. */
  release(item: Disposable): void {
    if (this.#items.delete(item)) item.dispose();
  }

  /**
   * Disposes everything, last first. One that throws does not keep the others from their end.
   * @throws AggregateError with what was thrown
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const errors: unknown[] = [];
    for (const item of [...this.#items].reverse()) {
      try {
        item.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#items.clear();
    if (errors.length > 0) throw new AggregateError(errors, 'some resources did not end cleanly');
  }
}

/** Listeners of one event. An own class, because pure models must not import the editor's. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  /** Subscribes; the result ends the subscription. */
  readonly event = (listener: (value: T) => void): Disposable => {
    const entry = (value: T): void => {
      listener(value);
    };
    this.#listeners.add(entry);
    return { dispose: () => this.#listeners.delete(entry) };
  };

  /** How many listen now. */
  get listeners(): number {
    return this.#listeners.size;
  }

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
