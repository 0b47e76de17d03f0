/**
 * Births in slices of time: what several stacks' cohorts add up to, with as many cohorts joined in
 * a slice as keep the slices few.
 */
import type { CohortClock, Now } from './cohort-clock.ts';
import type { CohortSurvival } from './report.ts';
import type { Births, StackHistory } from './stack-history.ts';

/** Slices at most for judging: no test needs more. */
const LARGEST_COUNT = 64;

/** Slices at most in a report: more would not fit a chart. */
const LARGEST_SHOWN = 24;

/** The slices of a capture, the same for all its sites. */
export interface SliceTable {
  readonly count: number;
  /** Active time, ns. */
  readonly startNs: readonly number[];
  readonly endNs: readonly number[];
  /** The agent's time, ns. */
  readonly wallStartNs: readonly number[];
  readonly wallEndNs: readonly number[];
  /** The slice that a cohort is part of. */
  readonly sliceOf: (cohort: number) => number;
}

/** A site's blocks by slice of birth, oldest first; the arrays are as long as the table. */
export interface Slices extends Births {
  readonly table: SliceTable;
}

/** Joins cohorts to slices. */
export function sliceTable(clock: CohortClock, now: Now): SliceTable {
  const { cohorts, wallStartNs, activeStartNs } = clock;
  const size = Math.max(1, Math.ceil(cohorts.length / LARGEST_COUNT));
  const count = Math.ceil(cohorts.length / size);
  const starts = (values: readonly number[], end: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.min(values[i * size] ?? 0, end));
  const ends = (values: readonly number[], end: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.min(values[(i + 1) * size] ?? end, end));
  return {
    count,
    startNs: starts(activeStartNs, now.activeNs),
    endNs: ends(activeStartNs, now.activeNs),
    wallStartNs: starts(wallStartNs, now.wallNs),
    wallEndNs: ends(wallStartNs, now.wallNs),
    sliceOf: (cohort) => Math.floor(clock.position(cohort) / size),
  };
}

/** A number of zeros, in an array that is exactly as long. */
export function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

/** The births of all the given stacks. */
export function slicesOf(histories: readonly StackHistory[], table: SliceTable): Slices {
  const slices: Slices = {
    table,
    born: zeros(table.count),
    bornBytes: zeros(table.count),
    alive: zeros(table.count),
    aliveBytes: zeros(table.count),
  };
  for (const history of histories) history.addBirthsTo(slices, table.sliceOf);
  return slices;
}

/**
 * The slices in which blocks were born, as a report shows them. Neighbours of which nothing lives any
 * more are shown as one.
 */
export function cohortSurvival(slices: Slices): CohortSurvival[] {
  const { table } = slices;
  const size = Math.max(1, Math.ceil(table.count / LARGEST_SHOWN));
  const shown: CohortSurvival[] = [];
  let first = 0;
  while (first < table.count) {
    let next = first;
    let [born, bornBytes, alive, aliveBytes] = [0, 0, 0, 0];
    while (next < table.count) {
      const lives = (slices.alive[next] ?? 0) > 0;
      if (next > first && (alive === 0 ? lives : next === first + size)) break;
      born += slices.born[next] ?? 0;
      bornBytes += slices.bornBytes[next] ?? 0;
      alive += slices.alive[next] ?? 0;
      aliveBytes += slices.aliveBytes[next] ?? 0;
      next += 1;
    }
    const startNs = table.wallStartNs[first] ?? 0;
    const endNs = table.wallEndNs[next - 1] ?? 0;
    if (born > 0) shown.push({ startNs, endNs, born, bornBytes, alive, aliveBytes });
    first = next;
  }
  return shown;
}
