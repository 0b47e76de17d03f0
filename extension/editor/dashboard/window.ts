/**
 * A time window of a capture: which of the blocks that were born in it are alive at its end, and
 * how they became more within it, by stack.
 *
 * Counters are kept by birth cohort, so the window begins where a cohort begins; it ends at a
 * sample, which holds no birth that came later. A window that lies behind the newest sample never
 * changes, however the capture goes on.
 */
import type { Capture, Sample } from '../../capture/capture.ts';

/** What the user brushed, ns since the capture's start. */
export interface TimeRange {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Blocks that were born in the window. */
export interface Survivors {
  /** Alive at the window's end. */
  readonly bytes: number;
  readonly count: number;
  readonly bornBytes: number;
  readonly bornCount: number;
}

/** The same of one stack, and the bytes that were alive at each of the window's `timeNs`. */
export interface StackSurvivors extends Survivors {
  readonly series: readonly number[];
}

export interface WindowSurvivors extends TimeRange {
  /** At most MAX_TICKS, in order, the window's two ends among them. */
  readonly timeNs: readonly number[];
  readonly byStack: ReadonlyMap<number, StackSurvivors>;
}

const MAX_TICKS = 240;
const nothing: Survivors = { bytes: 0, count: 0, bornBytes: 0, bornCount: 0 };

/**
 * The window's survivors by stack, with the window's edges moved to the nearest cohort's beginning
 * and the nearest sample; undefined where no sample lies behind the beginning.
 */
export function windowSurvivors(capture: Capture, range: TimeRange): WindowSurvivors | undefined {
  const snapped = snap(capture.samples, range);
  if (snapped === undefined) return undefined;
  const inside = capture.samples.filter(
    (it) => it.timeNs > snapped.fromNs && it.timeNs <= snapped.toNs,
  );
  // Cohorts are numbered in the order of their birth: one number parts the window's from older ones.
  const first = inside.find((it) => it.cohort.startNs >= snapped.fromNs)?.cohort.index ?? Infinity;

  const cohorts = new Map<number, Map<number, Survivors>>();
  const stacks = new Map<number, { now: Survivors; series: number[] }>();
  const timeNs = [snapped.fromNs];
  const step = Math.ceil(inside.length / (MAX_TICKS - 1));
  for (const [at, sample] of inside.entries()) {
    for (const [stack, cohort, born, bornBytes, frees, freedBytes] of sample.counters) {
      if (cohort < first) continue;
      const now = {
        bytes: bornBytes - freedBytes,
        count: born - frees,
        bornBytes,
        bornCount: born,
      };
      const byCohort = cohorts.get(stack) ?? new Map<number, Survivors>();
      cohorts.set(stack, byCohort);
      const entry = stacks.get(stack) ?? { now: nothing, series: [] };
      stacks.set(stack, entry);
      entry.now = replaced(entry.now, byCohort.get(cohort) ?? nothing, now);
      byCohort.set(cohort, now);
    }
    // Ticks are counted from the window's end, so that the last sample is one.
    if ((inside.length - 1 - at) % step !== 0) continue;
    timeNs.push(sample.timeNs);
    for (const { now, series } of stacks.values()) {
      // A stack that appears late had nothing before.
      while (series.length < timeNs.length - 1) series.push(0);
      series.push(now.bytes);
    }
  }
  const byStack = new Map<number, StackSurvivors>();
  for (const [stack, { now, series }] of stacks) byStack.set(stack, { ...now, series });
  return { ...snapped, timeNs, byStack };
}

/** Bytes of these stacks' survivors at each of the window's times. */
export function survivorSeries(window: WindowSurvivors, stacks: Iterable<number>): number[] {
  const sums = window.timeNs.map(() => 0);
  for (const stack of stacks) {
    const series = window.byStack.get(stack)?.series ?? [];
    for (const [at, bytes] of series.entries()) sums[at] = (sums[at] ?? 0) + bytes;
  }
  return sums;
}

function snap(samples: readonly Sample[], range: TimeRange): TimeRange | undefined {
  const from = Math.min(range.fromNs, range.toNs);
  const to = Math.max(range.fromNs, range.toNs);
  let fromNs = samples[0]?.cohort.startNs ?? 0;
  for (const { cohort } of samples)
    if (Math.abs(cohort.startNs - from) < Math.abs(fromNs - from)) fromNs = cohort.startNs;
  let toNs: number | undefined;
  for (const { timeNs } of samples) {
    if (timeNs <= fromNs) continue;
    if (toNs === undefined || Math.abs(timeNs - to) < Math.abs(toNs - to)) toNs = timeNs;
  }
  return toNs === undefined ? undefined : { fromNs, toNs };
}

/** The sum in which `before` is replaced by `after`. */
function replaced(sum: Survivors, before: Survivors, after: Survivors): Survivors {
  return {
    bytes: sum.bytes + after.bytes - before.bytes,
    count: sum.count + after.count - before.count,
    bornBytes: sum.bornBytes + after.bornBytes - before.bornBytes,
    bornCount: sum.bornCount + after.bornCount - before.bornCount,
  };
}
