/**
 * When each birth cohort began and ended. The agent names the current cohort and its beginning with
 * every sample; a cohort that came and went between two samples is placed between its neighbours.
 */

export interface CohortSpan {
  /** Active time (see time-grid.ts), ns: for judging. */
  readonly startNs: number;
  readonly endNs: number;
  /** The agent's time, ns: for showing. */
  readonly wallStartNs: number;
  readonly wallEndNs: number;
}

interface Beginning {
  readonly cohort: number;
  readonly activeNs: number;
  readonly wallNs: number;
}

export class CohortClock {
  /** Ascending by cohort. */
  readonly #beginnings: Beginning[] = [];

  /** Learns when a cohort began; only the first word about a cohort counts. */
  learn(cohort: number, wallNs: number, activeNs: number): void {
    const last = this.#beginnings.at(-1);
    if (last !== undefined && last.cohort >= cohort) return;
    this.#beginnings.push({
      cohort,
      wallNs: Math.max(wallNs, last?.wallNs ?? 0),
      activeNs: Math.max(activeNs, last?.activeNs ?? 0),
    });
  }

  /**
   * The time in which blocks of a cohort were born.
   * @param wallNowNs and @param activeNowNs of the last sample: the end of a cohort that still runs
   */
  span(cohort: number, wallNowNs: number, activeNowNs: number): CohortSpan {
    const next = this.#firstAfter(cohort);
    const start = this.#beginnings[Math.max(0, next - 1)];
    const end = this.#beginnings[next];
    const wallEndNs = end?.wallNs ?? wallNowNs;
    const endNs = end?.activeNs ?? activeNowNs;
    return {
      wallStartNs: Math.min(start?.wallNs ?? 0, wallEndNs),
      wallEndNs,
      startNs: Math.min(start?.activeNs ?? 0, endNs),
      endNs,
    };
  }

  /** Index of the first beginning of a later cohort. */
  #firstAfter(cohort: number): number {
    let low = 0;
    let high = this.#beginnings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#beginnings[middle]?.cohort ?? Infinity) <= cohort) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
