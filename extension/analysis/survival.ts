/**
 * How long blocks live, when most of what is known of the living is that they are not dead yet.
 *
 * Ages are lower bounds throughout: a block counts as old as it certainly was when its death was
 * first seen (or as it certainly is now, if it lives), which errs towards short lives and so
 * against the verdict `leak`.
 */
import type { SurvivalPoint } from './report.ts';
import type { Slices } from './slices.ts';
import { AGE_EDGES_NS, ageClass } from './stack-history.ts';
import { normal975, student975 } from './student.ts';

/**
 * The life table: in each age class, of the blocks that reached it (half of those that are censored
 * within it taken out), the share that died there. Living blocks are right-censored at their age.
 * Source: S. J. Cutler and F. Ederer, Maximum utilization of the life table method, J. Chronic
 * Diseases 8 (1958); the standard error is Greenwood's (1926).
 * @param deaths by age class
 * @returns the steps of the curve: its beginning, each age after which the share is lower, and the
 *   age that the oldest blocks reached
 */
export function lifeTable(
  slices: Slices,
  deaths: readonly number[],
  nowNs: number,
): SurvivalPoint[] {
  const censored: number[] = [];
  slices.alive.forEach((alive, slice) => {
    if (alive === 0) return;
    const age = ageClass(Math.max(0, nowNs - (slices.table.endNs[slice] ?? 0)));
    while (censored.length <= age) censored.push(0);
    censored[age] = (censored[age] ?? 0) + alive;
  });
  const classes = Math.max(censored.length, deaths.length);
  let reached = 0;
  for (let age = 0; age < classes; age += 1) reached += (censored[age] ?? 0) + (deaths[age] ?? 0);
  const points: SurvivalPoint[] = [];
  let share = 1;
  let greenwood = 0;
  for (let age = 0; age < classes && reached > 0; age += 1) {
    const died = deaths[age] ?? 0;
    const diedBefore = age === 0 || (deaths[age - 1] ?? 0) > 0;
    if (diedBefore || age === classes - 1) {
      const half = normal975 * share * Math.sqrt(greenwood);
      points.push({ ageNs: AGE_EDGES_NS[age] ?? 0, share, low: Math.max(0, share - half) });
    }
    const exposed = reached - (censored[age] ?? 0) / 2;
    if (died > 0 && exposed > 0) {
      const dying = Math.min(1, died / exposed);
      share *= 1 - dying;
      if (dying < 1) greenwood += dying / (exposed * (1 - dying));
    }
    reached -= (censored[age] ?? 0) + died;
  }
  return points;
}

/** What is known of blocks that are older than a certain age. */
export interface OldAge {
  /** Living blocks that are older. */
  readonly alive: number;
  /** Deaths at a higher age. */
  readonly died: number;
  /** Lower 95% bound of the mean time that such a block goes on living, ns. */
  readonly minimumLifetimeNs: number;
}

/** Slices from the first to the last, both included. */
export interface SliceRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Life beyond an age. The bound divides the time that blocks were watched beyond the age by an
 * upper bound of the deaths in it: three more than were seen where none was (the rule of three), and
 * two standard deviations of a Poisson count more where some were.
 */
export function lifeBeyond(
  age: number,
  slices: Slices,
  range: SliceRange,
  deaths: readonly number[],
  nowNs: number,
): OldAge {
  const edge = AGE_EDGES_NS[age] ?? 0;
  let alive = 0;
  let died = 0;
  let watchedNs = 0;
  for (let slice = range.first; slice <= range.last; slice += 1) {
    const beyond = nowNs - (slices.table.endNs[slice] ?? 0) - edge;
    if (beyond < 0) break;
    alive += slices.alive[slice] ?? 0;
    watchedNs += (slices.alive[slice] ?? 0) * beyond;
  }
  for (let other = age; other < deaths.length; other += 1) {
    const count = deaths[other] ?? 0;
    died += count;
    watchedNs += count * ((AGE_EDGES_NS[other] ?? 0) - edge);
  }
  return { alive, died, minimumLifetimeNs: watchedNs / (died + 2 * Math.sqrt(died) + 3) };
}

/** Mean and half the width of its 95% interval, of independent values. */
export function meanInterval(values: readonly number[]): { mean: number; half: number } {
  const n = values.length;
  if (n === 0) return { mean: 0, half: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, half: Math.abs(mean) };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, half: student975(n - 1) * Math.sqrt(squares / (n - 1) / n) };
}
