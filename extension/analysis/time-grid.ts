/**
 * The points in time at which a capture is remembered: one for each sample while there are few, and
 * one for each 2, 4, 8 ... samples in a long capture, so that memory is bounded by the number of
 * stacks and not by time.
 *
 * Two clocks are kept. `wallNs` is the agent's monotonic time and is what reports show. `activeNs`
 * is what judgements use: it runs on smoothly where the agent's clock stepped back, and stands
 * still over a gap in which the target did nothing (a suspended machine).
 */

/** Points kept at most; an even number, so that pairs can be merged. */
export const GRID_POINTS = 160;

export class TimeGrid {
  /** Time of each point, ns since the capture's start. */
  readonly wallNs: number[] = [];
  /** The same without idle gaps, ns. */
  readonly activeNs: number[] = [];
  /** Samples that make up one point. */
  stride = 1;
  #samples = 0;

  /** Samples that were added. */
  get samples(): number {
    return this.#samples;
  }

  /**
   * Adds a sample. Within a point's slice the later sample takes the earlier one's place.
   * @returns true when the points were merged in pairs: whoever holds values by point does the same
   */
  add(wallNs: number, activeNs: number): boolean {
    const point = Math.floor(this.#samples / this.stride);
    this.wallNs[point] = wallNs;
    this.activeNs[point] = activeNs;
    this.#samples += 1;
    if (this.#samples < GRID_POINTS * this.stride) return false;
    halve(this.wallNs);
    halve(this.activeNs);
    this.stride *= 2;
    return true;
  }

  /** The point that the sample added last belongs to; -1 before the first. */
  get current(): number {
    return this.#samples === 0 ? -1 : Math.floor((this.#samples - 1) / this.stride);
  }
}

/** Keeps the second of each pair. */
function halve(values: number[]): void {
  const kept = values.filter((_, index) => index % 2 === 1);
  values.length = 0;
  values.push(...kept);
}
