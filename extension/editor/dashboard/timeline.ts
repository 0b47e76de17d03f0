/**
 * The dashboard's curves over time: outstanding bytes of the most important sites and of the rest,
 * allocation velocity, the process's memory against what was traced, and what the capture costs.
 */
import type { Report, Site, Trend } from '../../analysis/report.ts';
import type { Capture, Sample } from '../../capture/capture.ts';
import {
  CurveKey,
  siteCurveKey,
  type Curve,
  type Timeline,
  type TrendBand,
} from '../../../protocol/view.ts';
import { bucketSize, decimate, MAX_POINTS, type Points } from './decimate.ts';
import { siteId } from './names.ts';
import { finite, sum, whole } from './numbers.ts';
import { survivorSeries, type WindowSurvivors } from './window.ts';

/** Sites with a curve of their own, besides the selected one: more cannot be told apart. */
const CHARTED_SITES = 6;
/** Points of the curve that sums up all other sites: it is summed at these samples only. */
const OTHERS_POINTS = 240;
/** Points of a confidence band, whose edges are smooth. */
const BAND_POINTS = 33;

/** What the time charts show of a capture, whichever site is selected. */
export function timelineOf(capture: Capture, report: Report): Omit<Timeline, 'sites' | 'others'> {
  const first = capture.samples[0];
  const last = capture.samples.at(-1);
  return {
    endNs: whole(Math.max(finite(report.durationNs), last?.timeNs ?? 0)),
    gaps: report.gaps.map((it) => ({ fromNs: whole(it.fromNs), toNs: whole(it.toNs) })),
    baseline: {
      residentBytes: first?.process.rssBytes ?? 0,
      anonymousBytes: first === undefined ? 0 : anonymous(first),
    },
  };
}

/**
 * Curves of the most important of `sites`, which come first, of the selected one, and of all others
 * together. With a window these are the curves of the blocks that were born in it.
 */
export function siteCurves(
  sites: readonly Site[],
  selected: Site | undefined,
  window: WindowSurvivors | undefined,
): { sites: number[]; others: number; curves: Curve[] } {
  const charted = sites.slice(0, CHARTED_SITES);
  if (selected !== undefined && !charted.includes(selected)) charted.push(selected);
  const known = new Set(charted);
  const rest = sites.filter((it) => !known.has(it));
  return {
    sites: charted.map(siteId),
    others: rest.length,
    curves: window === undefined ? wholeCurves(charted, rest) : windowCurves(window, charted, rest),
  };
}

function wholeCurves(charted: readonly Site[], rest: readonly Site[]): Curve[] {
  const curves = charted.map((site) => ({
    key: siteCurveKey(siteId(site)),
    ...decimate(site.series.timeNs, site.series.outstandingBytes),
  }));
  return rest.length === 0 ? curves : [...curves, { key: CurveKey.others, ...summed(rest) }];
}

/** Outstanding bytes of all these sites together, at some of the times that a report's sites share. */
function summed(sites: readonly Site[]): Points {
  const times = sites[0]?.series.timeNs ?? [];
  const step = Math.max(1, Math.ceil(times.length / OTHERS_POINTS));
  const points: Points = { timeNs: [], values: [] };
  for (let at = (times.length - 1) % step; at >= 0 && at < times.length; at += step) {
    points.timeNs.push(times[at] ?? 0);
    points.values.push(sum(sites.map((it) => finite(it.series.outstandingBytes[at] ?? 0))));
  }
  return points;
}

function windowCurves(
  window: WindowSurvivors,
  charted: readonly Site[],
  rest: readonly Site[],
): Curve[] {
  const curve = (key: string, sites: readonly Site[]): Curve => {
    const stacks = sites.flatMap((site) => site.stacks.map((it) => it.stack));
    return { key, timeNs: [...window.timeNs], values: survivorSeries(window, stacks) };
  };
  const curves = charted.map((site) => curve(siteCurveKey(siteId(site)), [site]));
  return rest.length === 0 ? curves : [...curves, curve(CurveKey.others, rest)];
}

/** Curves of the process as a whole. Memory counts from the first sample on, as what was traced
 *  does, so that the two can be compared. */
export function processCurves(samples: readonly Sample[]): Curve[] {
  const timeNs = samples.map((it) => it.timeNs);
  const growth = (key: string, value: (sample: Sample) => number): Curve => {
    const before = samples[0] === undefined ? 0 : value(samples[0]);
    return {
      key,
      ...decimate(
        timeNs,
        samples.map((it) => value(it) - before),
      ),
    };
  };
  const allocated = perSecond(samples, (it) => it.totals.allocatedBytes);
  const freed = perSecond(samples, (it) => it.totals.freedBytes);
  const net = allocated.values.map((it, at) => it - (freed.values[at] ?? 0));
  const traced = (it: Sample): number => it.totals.allocatedBytes - it.totals.freedBytes;
  const inTarget = (it: Sample): number => it.cost.targetNs / 1e9;
  return [
    { key: CurveKey.allocated, ...allocated },
    { key: CurveKey.freed, ...freed },
    { key: CurveKey.net, timeNs: [...allocated.timeNs], values: net },
    growth(CurveKey.resident, (it) => it.process.rssBytes),
    growth(CurveKey.anonymous, anonymous),
    growth(CurveKey.traced, traced),
    { key: CurveKey.costCore, ...perSecond(samples, inTarget) },
    { key: CurveKey.costTarget, ...perSecond(samples, inTarget, (it) => it.process.cpuNs) },
  ];
}

/** Anonymous memory, whether it is resident or was swapped out. */
function anonymous(sample: Sample): number {
  return sample.process.anonymousBytes + sample.process.swapBytes;
}

/**
 * How much a counter rose a second, over stretches of samples: a mean, since the extremes of single
 * seconds hide a rate's course. Seconds are those of the capture, or of `clockNs`, which began
 * before it. Stretches hold a power of two of samples and begin at the first, so that an increment
 * holds only the last ones. A counter that fell, as after a restart, counts as no change.
 */
function perSecond(
  samples: readonly Sample[],
  counter: (sample: Sample) => number,
  clockNs?: (sample: Sample) => number,
): Points {
  const points: Points = { timeNs: [], values: [] };
  const clock = clockNs ?? ((it: Sample): number => it.timeNs);
  const stretch = bucketSize(2 * samples.length, MAX_POINTS);
  const [first] = samples;
  // A clock from before the capture says nothing of the time until the first sample.
  let before =
    clockNs === undefined || first === undefined ? [0, 0] : [counter(first), clock(first)];
  for (const [at, sample] of samples.entries()) {
    if ((at + 1) % stretch !== 0 && at + 1 !== samples.length) continue;
    const [count = 0, ns = 0] = before;
    before = [counter(sample), clock(sample)];
    const seconds = (clock(sample) - ns) / 1e9;
    if (at === 0 && clockNs !== undefined) continue;
    points.timeNs.push(sample.timeNs);
    points.values.push(seconds > 0 ? Math.max(0, counter(sample) - count) / seconds : 0);
  }
  return points;
}

/**
 * The regression line over a series' times, with the band in which the line lies with the
 * confidence of the slope's interval. Undefined where there is no line to draw.
 *
 * For least squares the half-width at time t is q·s·sqrt(1/n + (t - mean)²/Sxx), and the slope's
 * own half-width h is q·s/sqrt(Sxx) (Draper and Smith, Applied Regression Analysis, 1.4): so it is
 * h·sqrt(Sxx/n + (t - mean)²), where Sxx/n is the variance of the times.
 */
export function trendBand(timeNs: readonly number[], trend: Trend): TrendBand | undefined {
  const first = timeNs[0];
  const last = timeNs.at(-1);
  const slope = trend.bytesPerSecond;
  if (first === undefined || last === undefined || last <= first) return undefined;
  if (!Number.isFinite(slope) || !Number.isFinite(trend.interceptBytes)) return undefined;
  let mean = 0;
  for (const it of timeNs) mean += it / 1e9 / timeNs.length;
  let variance = 0;
  for (const it of timeNs) variance += (it / 1e9 - mean) ** 2 / timeNs.length;

  const [low, high] = trend.interval;
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  const band: TrendBand = {
    timeNs: [],
    fit: [],
    low: bounded ? [] : null,
    high: bounded ? [] : null,
  };
  for (let step = 0; step < BAND_POINTS; step += 1) {
    const ns = Math.round(first + ((last - first) * step) / (BAND_POINTS - 1));
    const fit = trend.interceptBytes + (slope * ns) / 1e9;
    const spread = Math.sqrt(variance + (ns / 1e9 - mean) ** 2);
    band.timeNs.push(ns);
    band.fit.push(fit);
    band.low?.push(fit - Math.max(0, slope - low) * spread);
    band.high?.push(fit + Math.max(0, high - slope) * spread);
  }
  return band;
}
