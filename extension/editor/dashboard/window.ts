/**
 * A time window of a capture: which of the blocks that were born in it are alive at its end, and
 * how they became more within it, by stack.
 *
 * Counters are kept by birth cohort, so the window begins where a cohort begins; it ends at a
 * sample, which holds no birth that came later.
 */
import type { Capture } from '../../capture/capture.ts';

/** What the user brushed, ns since the capture's start. */
export interface TimeRange {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Blocks of one stack that were born in the window. */
export interface Survivors {
  /** Alive at the window's end. */
  bytes: number;
  count: number;
  bornBytes: number;
  bornCount: number;
}

export interface WindowSurvivors extends TimeRange {
  readonly byStack: ReadonlyMap<number, Survivors>;
}

/**
 * The window's survivors by stack, with the window's edges moved to the nearest cohort's beginning
 * and the nearest sample; undefined where no sample lies behind the beginning.
 */
export function windowSurvivors(capture: Capture, range: TimeRange): WindowSurvivors | undefined {
  const snapped = snap(capture, range);
  if (snapped === undefined) return undefined;
  const byStack = new Map<number, Survivors>();
  follow(capture, snapped, (stack, change) => {
    const entry = byStack.get(stack);
    if (entry === undefined) {
      byStack.set(stack, { ...change });
      return;
    }
    entry.bytes += change.bytes;
    entry.count += change.count;
    entry.bornBytes += change.bornBytes;
    entry.bornCount += change.bornCount;
  });
  return { ...snapped, byStack };
}

/**
 * Outstanding bytes over the window of the blocks that were born in it, a series for each group:
 * `groupOf` names the group of a stack, or undefined for stacks that are of no interest.
 */
export function windowSeries(
  capture: Capture,
  window: TimeRange,
  groupOf: (stack: number) => number | undefined,
): { timeNs: number[]; byGroup: Map<number, number[]> } {
  const timeNs = [window.fromNs];
  const byGroup = new Map<number, number[]>();
  const now = new Map<number, number>();
  follow(
    capture,
    window,
    (stack, change) => {
      const group = groupOf(stack);
      if (group !== undefined) now.set(group, (now.get(group) ?? 0) + change.bytes);
    },
    (sampleNs) => {
      timeNs.push(sampleNs);
      for (const [group, bytes] of now) {
        let values = byGroup.get(group);
        if (values === undefined) byGroup.set(group, (values = []));
        // A group that appears late was empty before.
        while (values.length < timeNs.length - 1) values.push(0);
        values.push(bytes);
      }
    },
  );
  return { timeNs, byGroup };
}

function snap(capture: Capture, range: TimeRange): TimeRange | undefined {
  const from = Math.min(range.fromNs, range.toNs);
  const to = Math.max(range.fromNs, range.toNs);
  let fromNs = 0;
  for (const { cohort } of capture.samples)
    if (Math.abs(cohort.startNs - from) < Math.abs(fromNs - from)) fromNs = cohort.startNs;
  let toNs: number | undefined;
  for (const { timeNs } of capture.samples) {
    if (timeNs <= fromNs) continue;
    if (toNs === undefined || Math.abs(timeNs - to) < Math.abs(toNs - to)) toNs = timeNs;
  }
  return toNs === undefined ? undefined : { fromNs, toNs };
}

/** Plays the window's samples: each change of a stack's blocks of the window's cohorts, then the
 *  sample's time. */
function follow(
  capture: Capture,
  window: TimeRange,
  onChange: (stack: number, change: Survivors) => void,
  onSample?: (timeNs: number) => void,
): void {
  // Cohorts are numbered in the order of their birth, so one number parts the window's from older.
  const first = capture.samples.find((it) => it.cohort.startNs >= window.fromNs)?.cohort.index;
  if (first === undefined) return;
  const seen = new Map<number, Map<number, Survivors>>();
  for (const sample of capture.samples) {
    if (sample.timeNs > window.toNs) break;
    if (sample.timeNs <= window.fromNs) continue;
    for (const [stack, cohort, born, bornBytes, frees, freedBytes] of sample.counters) {
      if (cohort < first) continue;
      const now = {
        bytes: bornBytes - freedBytes,
        count: born - frees,
        bornBytes,
        bornCount: born,
      };
      const cohorts = seen.get(stack) ?? new Map<number, Survivors>();
      seen.set(stack, cohorts);
      const last = cohorts.get(cohort);
      cohorts.set(cohort, now);
      onChange(stack, last === undefined ? now : difference(now, last));
    }
    onSample?.(sample.timeNs);
  }
}

function difference(now: Survivors, last: Survivors): Survivors {
  return {
    bytes: now.bytes - last.bytes,
    count: now.count - last.count,
    bornBytes: now.bornBytes - last.bornBytes,
    bornCount: now.bornCount - last.bornCount,
  };
}
