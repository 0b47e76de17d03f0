/** The dashboard's table of sites, and all that is shown of the selected one. */
import { leakRate } from '../../analysis/exhaustion.ts';
import type { FreedAt, Site, StackFrame } from '../../analysis/report.ts';
import type { SiteDetail, SiteRow, ViewCohort } from '../../../protocol/view.ts';
import { sparkLevels } from './decimate.ts';
import { amountOf } from './flameGraph.ts';
import { plain } from '../../text/untrusted.ts';
import { siteFrame, siteId, viewFrame } from './names.ts';
import { finite, share, whole } from './numbers.ts';
import { trendBand } from './timeline.ts';
import type { Survivors, WindowSurvivors } from './window.ts';

/** Points of the small curve in a row. */
const SPARK_POINTS = 24;
/** Stacks of the selected site that are listed. */
const LISTED_STACKS = 20;
/** Frames of a listed stack; a damaged file could hold any number. */
const LISTED_FRAMES = 200;
/** Steps of the survival curve: more are put together in pairs. */
const SURVIVAL_STEPS = 120;
const LISTED_FREES = 5;
const MAX_EXPLANATION = 600;

/** Outstanding bytes, blocks and rate of a site: in the window where one is set. */
export interface SiteFigures {
  readonly site: Site;
  readonly bytes: number;
  readonly count: number;
  readonly bytesPerSecond: number;
}

/**
 * The sites with the figures that are shown of them, in the report's order. With a window these
 * are its survivors, a site's rate is what it left behind a second, and sites that left nothing
 * behind are not among them.
 */
export function siteFigures(sites: readonly Site[], window?: WindowSurvivors): SiteFigures[] {
  if (window === undefined)
    return sites.map((site) => ({
      site,
      bytes: finite(site.outstandingBytes),
      count: site.outstandingCount,
      bytesPerSecond: finite(leakRate(site)),
    }));
  const seconds = (window.toNs - window.fromNs) / 1e9;
  const figures = sites.map((site) => {
    let bytes = 0;
    let count = 0;
    for (const stack of site.stacks) {
      const amount = amountOf(stack, window.byStack);
      bytes += amount.bytes;
      count += amount.count;
    }
    return { site, bytes, count, bytesPerSecond: bytes / seconds };
  });
  return figures.filter((it) => it.bytes > 0);
}

export function siteRow({ site, bytes, count, bytesPerSecond }: SiteFigures): SiteRow {
  const frame = siteFrame(site);
  return {
    id: siteId(site),
    frame: viewFrame(frame ?? unknownFrame),
    kind: site.kind,
    verdict: site.verdict,
    confidence: share(site.confidence),
    explanation: plain(site.explanation, MAX_EXPLANATION),
    bytesPerSecond,
    outstandingBytes: bytes,
    outstandingCount: whole(count),
    spark: sparkLevels(site.series.outstandingBytes, SPARK_POINTS),
  };
}

/** What is shown of the selected site; with `byStack`, its stacks hold the window's survivors. */
export function siteDetail(site: Site, byStack?: ReadonlyMap<number, Survivors>): SiteDetail {
  const [low, high] = site.residue?.interval ?? site.trend.interval;
  const stacks = site.stacks
    .map((it) => ({ it, amount: amountOf(it, byStack) }))
    .filter(({ amount }) => byStack === undefined || amount.bytes > 0)
    .sort((a, b) => b.amount.bytes - a.amount.bytes);
  return {
    id: siteId(site),
    allocations: whole(site.allocations),
    frees: whole(site.frees),
    bytesPerSecond: finite(leakRate(site)),
    interval: Number.isFinite(low) && Number.isFinite(high) ? { low, high } : null,
    slopeBytesPerSecond: finite(site.trend.bytesPerSecond),
    robustBytesPerSecond: finite(site.trend.robustBytesPerSecond),
    rSquared: share(site.trend.rSquared),
    trend: byStack === undefined ? (trendBand(site.series.timeNs, site.trend) ?? null) : null,
    cohorts: survival(site),
    freedAt: shownFreedAt(site).map((it) => ({
      frame: viewFrame(it.frame ?? unknownFrame),
      blocks: whole(it.blocks),
      share: share(it.share),
    })),
    through: site.through === undefined ? null : viewFrame(site.through),
    stacks: stacks.slice(0, LISTED_STACKS).map(({ it, amount }) => ({
      stack: it.stack,
      end: it.end,
      outstandingBytes: finite(amount.bytes),
      outstandingCount: whole(amount.count),
      allocations: whole(it.allocations),
      frees: whole(it.frees),
      frames: it.frames.slice(0, LISTED_FRAMES).map(viewFrame),
    })),
    hiddenStacks: Math.max(0, stacks.length - LISTED_STACKS),
  };
}

/** Stands for a site whose stack could not be walked at all. */
const unknownFrame: StackFrame = {
  function: 'unknown function',
  module: '',
  address: '',
  owned: false,
  inlined: false,
};

/** Places of frees as they are numbered on the page. */
export function shownFreedAt(site: Site): readonly FreedAt[] {
  return site.freedAt.slice(0, LISTED_FREES);
}

/** The site's cohorts, neighbours put together until they are few enough to be told apart. */
function survival(site: Site): ViewCohort[] {
  let cohorts: ViewCohort[] = site.cohorts.map((it) => ({
    startNs: whole(it.startNs),
    endNs: whole(it.endNs),
    born: whole(it.born),
    bornBytes: finite(it.bornBytes),
    alive: whole(it.alive),
    aliveBytes: finite(it.aliveBytes),
  }));
  while (cohorts.length > SURVIVAL_STEPS) {
    const joined: ViewCohort[] = [];
    for (const [at, cohort] of cohorts.entries()) {
      const before = joined.at(-1);
      if (at % 2 === 0 || before === undefined) joined.push(cohort);
      else joined[joined.length - 1] = join(before, cohort);
    }
    cohorts = joined;
  }
  return cohorts;
}

function join(a: ViewCohort, b: ViewCohort): ViewCohort {
  return {
    startNs: a.startNs,
    endNs: b.endNs,
    born: a.born + b.born,
    bornBytes: a.bornBytes + b.bornBytes,
    alive: a.alive + b.alive,
    aliveBytes: a.aliveBytes + b.aliveBytes,
  };
}
