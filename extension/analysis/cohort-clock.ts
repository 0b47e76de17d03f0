/**
 * When each birth cohort began and ended. The agent names the current cohort and its beginning with
 * every sample; a cohort that came and went between two samples is taken for the one before it.
 */

/** Where "now" is: the agent's time and active time (see time-grid.ts), ns. */
export interface Now {
  readonly wallNs: number;
  readonly activeNs: number;
}

export class CohortClock {
  /** Ascending. The three arrays are parallel. */
  readonly cohorts: number[] = [];
  readonly wallStartNs: number[] = [];
  readonly activeStartNs: number[] = [];

  /** Learns when a cohort began; only the first word about a cohort counts. */
  learn(cohort: number, start: Now): void {
    if ((this.cohorts.at(-1) ?? -1) >= cohort) return;
    this.cohorts.push(cohort);
    this.wallStartNs.push(Math.max(start.wallNs, this.wallStartNs.at(-1) ?? 0));
    this.activeStartNs.push(Math.max(start.activeNs, this.activeStartNs.at(-1) ?? 0));
  }

  /** Position in `cohorts` of the last one that is not later than the given one; at least 0. */
  position(cohort: number): number {
    // Where no cohort was skipped, the number is the position.
    if (this.cohorts[cohort] === cohort) return cohort;
    let low = 0;
    let high = this.cohorts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.cohorts[middle] ?? Infinity) <= cohort) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** Active time at which a cohort ended; undefined for the one that still runs. */
  activeEndNs(cohort: number): number | undefined {
    return this.activeStartNs[this.position(cohort) + 1];
  }
}
