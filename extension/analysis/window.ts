/**
 * The part of a capture that is judged: all of it, unless a table in the kernel was full for a while.
 * A full table stops a leak's growth on paper, so what was counted while it was full says nothing.
 */
import type { Thresholds } from './thresholds.ts';

/** A stretch of active time, ns. */
export interface Span {
  readonly fromNs: number;
  readonly untilNs: number;
}

export interface Window extends Span {
  /** Points of the grid, both included. */
  readonly firstPoint: number;
  readonly lastPoint: number;
  /** True where nothing was left out. */
  readonly whole: boolean;
  /** Allocations in the window that no stack was charged with, as a share of all: 0 to 1. */
  readonly unseenShare: number;
}

/** Cumulative values at each point of the grid. */
export interface LossSeries {
  readonly activeNs: readonly number[];
  readonly allocations: readonly number[];
  readonly unseen: readonly number[];
}

/** Share of an interval's allocations that may be lost before the interval is left out. */
const INTERVAL_LOSS_SHARE = 0.01;

function shareLost(series: LossSeries, from: number, to: number): number {
  const before = from < 0 ? 0 : (series.unseen[from] ?? 0);
  const unseen = (series.unseen[to] ?? 0) - before;
  const allocations =
    (series.allocations[to] ?? 0) - (from < 0 ? 0 : (series.allocations[from] ?? 0));
  return unseen <= 0 ? 0 : Math.min(1, unseen / Math.max(unseen, allocations));
}

/**
 * The longest stretch without a lossy interval, if it is long enough to be judged; otherwise
 * everything, with what was lost.
 * @param all the whole capture
 */
export function judgedWindow(series: LossSeries, all: Span, thresholds: Thresholds): Window {
  const points = series.activeNs.length;
  const whole: Window = {
    ...all,
    firstPoint: 0,
    lastPoint: points - 1,
    whole: true,
    unseenShare: points === 0 ? 0 : shareLost(series, -1, points - 1),
  };
  if (whole.unseenShare === 0) return whole;
  let best: Window | undefined;
  let first = 0;
  for (let point = 0; point <= points; point += 1) {
    const lossy = point === points || shareLost(series, point - 1, point) > INTERVAL_LOSS_SHARE;
    if (!lossy) continue;
    const last = point - 1;
    const fromNs = first === 0 ? all.fromNs : (series.activeNs[first] ?? 0);
    const untilNs = series.activeNs[last] ?? 0;
    if (last >= first && (best === undefined || untilNs - fromNs > best.untilNs - best.fromNs)) {
      best = {
        fromNs,
        untilNs,
        firstPoint: first,
        lastPoint: last,
        whole: first === 0 && last === points - 1,
        unseenShare: shareLost(series, first === 0 ? -1 : first, last),
      };
    }
    first = point;
  }
  const longEnough =
    best !== undefined &&
    best.untilNs - best.fromNs >= thresholds.minimumDurationNs &&
    best.lastPoint - best.firstPoint + 1 >= thresholds.minimumSamples;
  return best !== undefined && longEnough ? best : whole;
}

/** The values at the window's points. */
export function cutToWindow(values: readonly number[], window: Window): readonly number[] {
  return window.firstPoint === 0 && window.lastPoint === values.length - 1
    ? values
    : values.slice(window.firstPoint, window.lastPoint + 1);
}
