/** The moment that all time charts point at together, as the mouse or the keyboard moved it. */

export class Cursor {
  private readonly listeners = new Set<(ns: number | undefined) => void>();

  /** ns since the capture's start; undefined while nothing is pointed at. */
  at: number | undefined;

  move(ns: number | undefined): void {
    if (this.at === ns) return;
    this.at = ns;
    for (const listener of this.listeners) listener(ns);
  }

  onMove(listener: (ns: number | undefined) => void): void {
    this.listeners.add(listener);
  }
}
