/**
 * Growth that stays: the blocks of each slice of births that do not die any more, looked at by
 * their time of birth.
 *
 * A site whose blocks mostly live for a moment hides a slow leak in the ups and downs of its level.
 * The level of those blocks that have outlived everything that dies has no such noise: for a leak of
 * one block in a hundred it is a straight line from the first birth to the last.
 */
import type { Residue } from './report.ts';
import type { Slice } from './slices.ts';
import { AGE_EDGES_NS } from './stack-history.ts';
import { lifeBeyond, meanInterval } from './survival.ts';
import type { Thresholds } from './thresholds.ts';
import { tidy } from './trend.ts';
import type { Span } from './window.ts';

/** Equal parts of the births' time that are compared with each other. */
const PARTS = 8;

export interface ResidueEvidence {
  readonly residue: Residue;
  /** Survivors born in each of the equal parts of the time, oldest first. */
  readonly parts: readonly number[];
  /** Time from the last birth of a survivor to the end of the judged births, ns. */
  readonly sinceLastNs: number;
  /** Mean time between slices in which survivors were born, up to the last of them, ns. */
  readonly meanGapNs: number;
  /** Of the blocks that reached half of the capture's age, the share that died after it. */
  readonly oldDeathShare: number;
}

/** Spreads the slices' survivors over equal parts of a time; a slice that overlaps several parts
 *  gives each its share. */
function spread(
  slices: readonly Slice[],
  fromNs: number,
  toNs: number,
  value: (slice: Slice) => number,
): number[] {
  const parts = new Array<number>(PARTS).fill(0);
  const width = (toNs - fromNs) / PARTS;
  for (const slice of slices) {
    const length = slice.endNs - slice.startNs;
    for (let part = 0; part < PARTS; part += 1) {
      const partStart = fromNs + part * width;
      const overlap = Math.min(slice.endNs, partStart + width) - Math.max(slice.startNs, partStart);
      if (overlap > 0 && length > 0)
        parts[part] = (parts[part] ?? 0) + (value(slice) * overlap) / length;
    }
  }
  return parts;
}

/** The second half of the parts by the first. A first part that towers over the rest is a start-up
 *  and not compared. One block is added to the later half, so that few blocks are not over-read. */
export function paceOf(parts: readonly number[]): number {
  const rest = parts.slice(1);
  const mean = rest.reduce((sum, value) => sum + value, 0) / Math.max(1, rest.length);
  const spike = (parts[0] ?? 0) > 3 * mean + 3;
  const compared = spike ? rest.slice(rest.length % 2) : parts;
  const half = compared.length >> 1;
  const sum = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0);
  const early = sum(compared.slice(0, half));
  const late = sum(compared.slice(half));
  return early === 0 ? 1 : Math.min(9.99, (late + 1) / early);
}

/**
 * Looks for the smallest age beyond which nothing dies.
 * @param slices births of the stacks that have survivors, oldest first
 * @param deaths of the same stacks by age class
 * @param window active time in which births are judged
 * @returns undefined where at every age too few blocks are left, or they still die
 */
export function findResidue(
  slices: readonly Slice[],
  deaths: readonly number[],
  window: Span,
  nowNs: number,
  thresholds: Thresholds,
): ResidueEvidence | undefined {
  const watched = window.untilNs - window.fromNs;
  const within = slices.filter(
    (slice) => slice.startNs >= window.fromNs && slice.endNs <= window.untilNs,
  );
  for (let age = 0; age < AGE_EDGES_NS.length; age += 1) {
    const edge = AGE_EDGES_NS[age] ?? 0;
    if (edge > watched / 2) return undefined;
    // Without a death in the class before, this age is no better than the one before.
    if (age > 0 && (deaths[age - 1] ?? 0) === 0) continue;
    const old = lifeBeyond(age, within, deaths, nowNs);
    if (old.alive < thresholds.minimumSurvivors) return undefined;
    if (old.minimumLifetimeNs >= thresholds.minimumLifetimes * watched) {
      return evidenceAt(age, old.minimumLifetimeNs, within, deaths, window, nowNs);
    }
  }
  return undefined;
}

function evidenceAt(
  age: number,
  minimumLifetimeNs: number,
  slices: readonly Slice[],
  deaths: readonly number[],
  window: Span,
  nowNs: number,
): ResidueEvidence | undefined {
  const settleAgeNs = AGE_EDGES_NS[age] ?? 0;
  const oldEnough = Math.min(window.untilNs, nowNs - settleAgeNs);
  const judged = slices.filter((slice) => slice.endNs <= oldEnough);
  const tooYoung = slices.find((slice) => slice.endNs > oldEnough);
  const limit = Math.min(oldEnough, tooYoung?.startNs ?? oldEnough);
  const withSurvivors = judged.filter((slice) => slice.alive > 0);
  const first = withSurvivors[0];
  const last = withSurvivors.at(-1);
  if (first === undefined || last === undefined || limit <= first.startNs) return undefined;
  const born = judged.filter((slice) => slice.endNs > first.startNs);
  const total = (value: (slice: Slice) => number): number =>
    born.reduce((sum, slice) => sum + value(slice), 0);
  const blocks = total((slice) => slice.alive);
  const bytes = total((slice) => slice.aliveBytes);
  const seconds = (limit - first.startNs) / 1e9;
  const perPart = spread(born, first.startNs, limit, (slice) => slice.aliveBytes);
  const { half } = meanInterval(perPart.map((value) => (value * PARTS) / seconds));
  const rate = bytes / seconds;
  const parts = spread(born, first.startNs, limit, (slice) => slice.alive);
  const halfway = lifeBeyondHalf(slices, deaths, nowNs - window.fromNs, nowNs);
  return {
    residue: {
      settleAgeNs,
      fromNs: Math.round(first.startNs),
      toNs: Math.round(limit),
      blocks,
      bytes,
      share: tidy(
        blocks /
          Math.max(
            1,
            total((slice) => slice.born),
          ),
      ),
      bytesPerSecond: tidy(rate),
      interval: [tidy(rate - half), tidy(rate + half)],
      pace: tidy(paceOf(parts)),
      minimumLifetimeNs: Math.round(minimumLifetimeNs),
    },
    parts,
    sinceLastNs: limit - last.endNs,
    meanGapNs: (last.endNs - first.startNs) / withSurvivors.length,
    oldDeathShare: halfway,
  };
}

/** Share of deaths among the blocks that reached half of the watched time. */
function lifeBeyondHalf(
  slices: readonly Slice[],
  deaths: readonly number[],
  watchedNs: number,
  nowNs: number,
): number {
  const half = watchedNs / 2;
  const age = AGE_EDGES_NS.findIndex((edge) => edge >= half);
  if (age < 0) return 0;
  const { alive, died } = lifeBeyond(age, slices, deaths, nowNs);
  return died < 3 ? 0 : died / (alive + died);
}
