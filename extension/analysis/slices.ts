/**
 * Births in slices of time: what several stacks' cohorts add up to, with as many cohorts joined in
 * a slice as keep the slices few.
 */
import type { CohortClock, CohortSpan } from './cohort-clock.ts';
import type { CohortSurvival } from './report.ts';
import type { StackHistory } from './stack-history.ts';

/** Slices at most: more would not fit a chart, and no test needs more. */
export const LARGEST_SLICE_COUNT = 64;

/** Blocks born in one slice of active time. */
export interface Slice extends CohortSpan {
  readonly born: number;
  readonly bornBytes: number;
  readonly alive: number;
  readonly aliveBytes: number;
}

/** Where "now" is, on both clocks, ns. */
export interface Now {
  readonly wallNs: number;
  readonly activeNs: number;
}

/** The births of all the given stacks, oldest first. */
export function slicesOf(
  histories: readonly StackHistory[],
  clock: CohortClock,
  now: Now,
): readonly Slice[] {
  const byCohort = new Map<number, { -readonly [key in keyof Slice]: Slice[key] }>();
  for (const history of histories) {
    for (const counters of history.cohorts) {
      let slice = byCohort.get(counters.cohort);
      if (slice === undefined) {
        const span = clock.span(counters.cohort, now.wallNs, now.activeNs);
        slice = { ...span, born: 0, bornBytes: 0, alive: 0, aliveBytes: 0 };
        byCohort.set(counters.cohort, slice);
      }
      slice.born += counters.allocations;
      slice.bornBytes += counters.allocatedBytes;
      slice.alive += Math.max(0, counters.allocations - counters.frees);
      slice.aliveBytes += Math.max(0, counters.allocatedBytes - counters.freedBytes);
    }
  }
  const slices = [...byCohort].sort(([a], [b]) => a - b).map(([, slice]) => slice);
  return joined(slices);
}

function joined(slices: readonly Slice[]): readonly Slice[] {
  const size = Math.ceil(slices.length / LARGEST_SLICE_COUNT);
  if (size <= 1) return slices;
  const result: Slice[] = [];
  for (let from = 0; from < slices.length; from += size) {
    const group = slices.slice(from, from + size);
    const first = group[0];
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    const sum = (value: (slice: Slice) => number): number =>
      group.reduce((total, slice) => total + value(slice), 0);
    result.push({
      startNs: first.startNs,
      wallStartNs: first.wallStartNs,
      endNs: last.endNs,
      wallEndNs: last.wallEndNs,
      born: sum((slice) => slice.born),
      bornBytes: sum((slice) => slice.bornBytes),
      alive: sum((slice) => slice.alive),
      aliveBytes: sum((slice) => slice.aliveBytes),
    });
  }
  return result;
}

/** The slices as a report shows them. */
export function cohortSurvival(slices: readonly Slice[]): CohortSurvival[] {
  return slices.map((slice) => ({
    startNs: slice.wallStartNs,
    endNs: slice.wallEndNs,
    born: slice.born,
    bornBytes: slice.bornBytes,
    alive: slice.alive,
    aliveBytes: slice.aliveBytes,
  }));
}
