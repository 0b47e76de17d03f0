/**
 * Growth that stays: the blocks of each slice of births that do not die any more, looked at by
 * their time of birth.
 *
 * A site whose blocks mostly live for a moment hides a slow leak in the ups and downs of its level.
 * The level of those blocks that have outlived everything that dies has no such noise: for a leak of
 * one block in a hundred it is a straight line from the first birth to the last.
 */
import type { Residue } from './report.ts';
import { zeros, type Slices } from './slices.ts';
import { AGE_EDGES_NS } from './stack-history.ts';
import { lifeBeyond, meanInterval, type OldAge, type SliceRange } from './survival.ts';
import type { Thresholds } from './thresholds.ts';
import type { Span } from './window.ts';

/** Equal parts of the births' time that are compared with each other. */
const PARTS = 8;

export interface ResidueEvidence {
  readonly residue: Residue;
  /** Survivors born in each of the equal parts of the time, oldest first. */
  readonly parts: readonly number[];
  /** By how many standard deviations the second half of the births has fewer than the first. */
  readonly slowing: number;
  /** Time from the last birth of a survivor to the end of the judged births, ns. */
  readonly sinceLastNs: number;
  /** Mean time between slices in which survivors were born, up to the last of them, ns. */
  readonly meanGapNs: number;
  /** Of the blocks that reached half of the capture's age, the share that died after it. */
  readonly oldDeathShare: number;
}

/** Spreads the slices' values over equal parts of a time; a slice that overlaps several parts gives
 *  each its share. */
function spread(
  { table }: Slices,
  values: readonly number[],
  { first, last }: SliceRange,
  fromNs: number,
  toNs: number,
): number[] {
  const parts = zeros(PARTS);
  const width = (toNs - fromNs) / PARTS;
  for (let slice = first; slice <= last; slice += 1) {
    const value = values[slice] ?? 0;
    const start = table.startNs[slice] ?? 0;
    const end = table.endNs[slice] ?? 0;
    if (value === 0 || end <= start) continue;
    const firstPart = Math.max(0, Math.floor((start - fromNs) / width));
    for (let part = firstPart; part < PARTS && fromNs + part * width < end; part += 1) {
      const partStart = fromNs + part * width;
      const overlap = Math.min(end, partStart + width) - Math.max(start, partStart);
      if (overlap > 0) parts[part] = (parts[part] ?? 0) + (value * overlap) / (end - start);
    }
  }
  return parts;
}

/** How the second half of the births compares with the first. */
interface Pace {
  /** Second half by first half; one block is added to the second, so that few are not over-read. */
  readonly ratio: number;
  /** The difference in standard deviations, if births were a Poisson process; positive where the
   *  second half has fewer. */
  readonly slowing: number;
}

/** Compares the halves. A first part that towers over the rest is a start-up and not compared, unless
 *  the second part does too: then it is a decline. */
export function paceOf(parts: readonly number[]): Pace {
  const [first = 0, second = 0, ...rest] = parts;
  const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);
  const mean = sum(rest) / Math.max(1, rest.length);
  const startUp = first > 3 * mean + 3 && second <= 2 * mean + 3;
  const compared = startUp ? rest : parts;
  const half = compared.length >> 1;
  const early = sum(compared.slice(0, half));
  const late = sum(compared.slice(half));
  if (early === 0) return { ratio: 1, slowing: 0 };
  return {
    ratio: Math.min(9.99, (late + 1) / early),
    slowing: (early - late) / Math.sqrt(early + late),
  };
}

/**
 * Looks for the smallest age beyond which nothing dies.
 * @param slices births of the stacks that have survivors
 * @param deaths of the same stacks by age class
 * @param window active time in which births are judged
 * @returns undefined where at every age too few blocks are left, or they still die
 */
export function findResidue(
  slices: Slices,
  deaths: readonly number[],
  window: Span,
  nowNs: number,
  thresholds: Thresholds,
): ResidueEvidence | undefined {
  const watched = window.untilNs - window.fromNs;
  const range = slicesWithin(slices, window);
  for (let age = 0; age < AGE_EDGES_NS.length; age += 1) {
    const edge = AGE_EDGES_NS[age] ?? 0;
    if (edge > watched / 2) return undefined;
    // Without a death in the class before, this age is no better than the one before.
    if (age > 0 && (deaths[age - 1] ?? 0) === 0) continue;
    const old = lifeBeyond(age, slices, range, deaths, nowNs);
    if (old.alive < thresholds.minimumSurvivors) return undefined;
    if (old.minimumLifetimeNs >= thresholds.minimumLifetimes * watched) {
      const halfway = deathsBeyondHalf(slices, range, deaths, watched, nowNs);
      return evidenceAt(age, old, halfway, slices, range, window, nowNs);
    }
  }
  return undefined;
}

/** The slices that lie in the window as a whole. */
function slicesWithin({ table }: Slices, window: Span): SliceRange {
  let first = 0;
  while (first < table.count && (table.startNs[first] ?? 0) < window.fromNs) first += 1;
  let last = table.count - 1;
  while (last >= first && (table.endNs[last] ?? 0) > window.untilNs) last -= 1;
  return { first, last };
}

function evidenceAt(
  age: number,
  old: OldAge,
  oldDeathShare: number,
  slices: Slices,
  range: SliceRange,
  window: Span,
  nowNs: number,
): ResidueEvidence | undefined {
  const { table, alive } = slices;
  const settleAgeNs = AGE_EDGES_NS[age] ?? 0;
  let limit = Math.min(window.untilNs, nowNs - settleAgeNs);
  let first = -1;
  let newest = -1;
  let last = range.first - 1;
  let withSurvivors = 0;
  for (let slice = range.first; slice <= range.last; slice += 1) {
    if ((table.endNs[slice] ?? 0) > limit) {
      // Births that are too young to be judged end the time that is.
      if ((slices.born[slice] ?? 0) > 0) limit = Math.min(limit, table.startNs[slice] ?? 0);
      break;
    }
    last = slice;
    if ((alive[slice] ?? 0) === 0) continue;
    if (first < 0) first = slice;
    newest = slice;
    withSurvivors += 1;
  }
  const fromNs = table.startNs[first] ?? 0;
  if (first < 0 || limit <= fromNs) return undefined;
  const judged = { first, last };
  const total = (values: readonly number[]): number => {
    let sum = 0;
    for (let slice = first; slice <= last; slice += 1) sum += values[slice] ?? 0;
    return sum;
  };
  const blocks = total(alive);
  const bytes = total(slices.aliveBytes);
  const seconds = (limit - fromNs) / 1e9;
  const perPart = spread(slices, slices.aliveBytes, judged, fromNs, limit);
  const { half } = meanInterval(perPart.map((value) => (value * PARTS) / seconds));
  const rate = bytes / seconds;
  const parts = spread(slices, alive, judged, fromNs, limit);
  const pace = paceOf(parts);
  const newestEndNs = table.endNs[newest] ?? 0;
  return {
    residue: {
      settleAgeNs,
      fromNs: Math.round(fromNs),
      toNs: Math.round(limit),
      blocks,
      bytes,
      share: blocks / Math.max(1, total(slices.born)),
      bytesPerSecond: rate,
      interval: [rate - half, rate + half],
      pace: pace.ratio,
      diedLater: old.died,
      minimumLifetimeNs: Math.round(old.minimumLifetimeNs),
    },
    parts,
    slowing: pace.slowing,
    sinceLastNs: limit - newestEndNs,
    meanGapNs: (newestEndNs - fromNs) / withSurvivors,
    oldDeathShare,
  };
}

/** Share of deaths among the blocks that reached half of the watched time. */
function deathsBeyondHalf(
  slices: Slices,
  range: SliceRange,
  deaths: readonly number[],
  watchedNs: number,
  nowNs: number,
): number {
  const age = AGE_EDGES_NS.findIndex((edge) => edge >= watchedNs / 2);
  if (age < 0 || age >= deaths.length) return 0;
  const { alive, died } = lifeBeyond(age, slices, range, deaths, nowNs);
  return died < 3 ? 0 : died / (alive + died);
}
