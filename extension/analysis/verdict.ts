/**
 * The verdict on one site, from its evidence: which class, how sure, and why in one sentence.
 *
 * The order of the questions is the method. Is there enough to judge? Do blocks stay, and do new
 * ones go on staying to the end? If so: is there any reason to think that it is bounded? Only
 * growth without such a reason is a leak. If not, the form of the level says what it is.
 */
import type { SiteEvidence, Setting } from './evidence.ts';
import { gainSince } from './evidence.ts';
import { boundedWord } from './holder.ts';
import type { Verdict } from './report.ts';
import type { ResidueEvidence } from './residue.ts';
import { findEnlargement, findPlateau, findReleases, type Enlargement } from './shape.ts';
import { bytesInWords, countInWords, shareInWords, timeInWords } from './words.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** 0 to 1. */
  readonly confidence: number;
  readonly explanation: string;
  /** True for growth with a reason to think that it is bounded, rather than too young to tell. */
  readonly mayBeBounded: boolean;
}

function judgement(verdict: Verdict, confidence: number, explanation: string): Judgement {
  const bounded = Math.min(0.995, Math.max(0, confidence));
  return {
    verdict,
    confidence: Math.round(bounded * 1000) / 1000,
    explanation,
    mayBeBounded: false,
  };
}

export function judge(site: SiteEvidence, setting: Setting): Judgement {
  const { thresholds, losses } = setting;
  if (
    setting.samples < thresholds.minimumSamples ||
    setting.watchedNs < thresholds.minimumDurationNs
  ) {
    return judgement(
      'insufficient data',
      0,
      `${countInWords(setting.samples, 'sample')} over ${timeInWords(setting.watchedNs)} are too few: ` +
        `a verdict needs ${thresholds.minimumSamples} over ${timeInWords(thresholds.minimumDurationNs)}.`,
    );
  }
  if (losses.insufficient) {
    return judgement(
      'insufficient data',
      0,
      `${shareInWords(losses.unseenShare)} of the process's allocations were not followed, so nothing can be said about this line.`,
    );
  }
  const { residue } = site;
  if (residue !== undefined && !hasStopped(site, residue, setting)) {
    return growth(site, residue, setting);
  }
  return form(site, setting);
}

/** True where the time since the last growth is long beside the times between growths. */
function hasStopped(site: SiteEvidence, evidence: ResidueEvidence, setting: Setting): boolean {
  const factor = setting.thresholds.stoppedAfterGaps;
  const shortest = setting.resolutionSeconds * 1e9;
  if (evidence.sinceLastNs > factor * Math.max(evidence.meanGapNs, shortest)) return true;
  if (!site.neverFreed) return false;
  // Where nothing is freed the level itself tells, at a finer grain than cohorts.
  const { seconds, count } = site.growingLevel;
  let rises = 0;
  let firstRise = 0;
  let lastRise = 0;
  for (let i = 1; i < count.length; i += 1) {
    if ((count[i] ?? 0) <= (count[i - 1] ?? 0)) continue;
    if (rises === 0) firstRise = seconds[i - 1] ?? 0;
    rises += 1;
    lastRise = seconds[i] ?? 0;
  }
  if (rises === 0) return true;
  const gap = Math.max((lastRise - firstRise) / rises, setting.resolutionSeconds);
  return (seconds.at(-1) ?? 0) - lastRise > factor * gap;
}

/** Blocks stay, and new ones keep staying: a leak unless something speaks against it. */
function growth(site: SiteEvidence, evidence: ResidueEvidence, setting: Setting): Judgement {
  const { residue } = evidence;
  const { thresholds, losses } = setting;
  const missed = (losses.missedFreesPerFree * site.frees) / Math.max(1, residue.blocks);
  if (missed > thresholds.missedFreeShare) {
    return judgement(
      'insufficient data',
      0,
      `${countInWords(residue.blocks, 'block')} seem to stay, but so many frees were not seen that they may be gone.`,
    );
  }
  const lasted = residue.toNs - residue.fromNs;
  const fact =
    residue.share >= thresholds.neverFreedShare
      ? `${countInWords(residue.blocks, 'block')} (${bytesInWords(residue.bytes)}) were allocated here in ${timeInWords(lasted)} and none is freed`
      : `${shareInWords(residue.share)} of the blocks allocated here stay: ${countInWords(residue.blocks, 'block')} (${bytesInWords(residue.bytes)}) in ${timeInWords(lasted)}, and ${residue.diedLater === 0 ? 'none' : 'hardly any'} dies after ${timeInWords(Math.max(1e9, residue.settleAgeNs))}`;
  const doubt = doubtAbout(site, evidence, setting);
  if (doubt !== undefined)
    return {
      ...judgement('growing', doubt.confidence, `${fact}, but ${doubt.why}`),
      mayBeBounded: doubt.mayBeBounded,
    };
  // See docs/statistics.md, "Confidence": the share of sites with this evidence that do not leak.
  const seconds = lasted / 1e9;
  const spread = (residue.interval[1] - residue.bytesPerSecond) / residue.bytesPerSecond;
  const uncertainty =
    (site.neverFreed ? 1.3 : 0.3) / Math.max(1, seconds) +
    0.3 / (residue.blocks + 2) +
    0.2 * Math.max(0, 0.85 - residue.pace) +
    0.05 * Math.min(1, spread) +
    0.5 * losses.unseenShare +
    0.5 * Math.min(1, missed);
  return judgement(
    'leak',
    Math.max(0.5, 1 - uncertainty),
    `${fact}, and the growth of ${bytesInWords(residue.bytesPerSecond)}/s goes on to the end.`,
  );
}

/** Growth that never frees is also slowing when it is slower by less, but certainly slower: what
 *  fills a bounded set slows down all the time. A steady leak is taken for one in one of 30 cases. */
const SLOWER = 0.72;
const SIGNIFICANTLY_SLOWER = 1.8;

interface Doubt {
  readonly mayBeBounded: boolean;
  readonly confidence: number;
  readonly why: string;
}

/** The first reason to think that the growth may be bounded, or too young to tell. */
function doubtAbout(
  site: SiteEvidence,
  evidence: ResidueEvidence,
  setting: Setting,
): Doubt | undefined {
  const { residue } = evidence;
  const { thresholds } = setting;
  const lasted = residue.toNs - residue.fromNs;
  if (lasted < thresholds.leakDurationNs) {
    return {
      mayBeBounded: false,
      confidence: 0.7,
      why: `it has grown for no more than ${timeInWords(lasted)}: a longer capture would tell.`,
    };
  }
  const keyed = site.neverFreed && site.holder === 'keyed container';
  if (keyed || site.container !== undefined) {
    return {
      mayBeBounded: true,
      confidence: 0.8,
      why:
        site.container === undefined
          ? 'a keyed container holds them, and a cache that is still filling looks the same: capture until its bound should be reached, or look for what removes entries.'
          : `they grow in step with the container at ${site.container}, which may be a cache that is still filling: capture until its bound should be reached, or look for what removes entries.`,
    };
  }
  const slower =
    site.neverFreed && residue.pace < SLOWER && evidence.slowing > SIGNIFICANTLY_SLOWER;
  if (slower || residue.pace < thresholds.slowingRatio) {
    return {
      mayBeBounded: true,
      confidence: 0.8,
      why: `its growth is slowing down (the second half has ${shareInWords(Math.min(1, residue.pace))} of the first half's): a longer capture would show whether it stops.`,
    };
  }
  if (residue.interval[0] <= 0) {
    return {
      mayBeBounded: false,
      confidence: 0.6,
      why: 'too unevenly to be sure: a longer capture would tell.',
    };
  }
  if (evidence.oldDeathShare > thresholds.oldDeathShare) {
    return {
      mayBeBounded: true,
      confidence: 0.7,
      why: `the oldest blocks have begun to go (${shareInWords(evidence.oldDeathShare)}): a longer capture would show whether it has reached a bound.`,
    };
  }
  if (isReplacement(evidence, setting)) {
    return {
      mayBeBounded: true,
      confidence: 0.75,
      why: 'as many blocks from before the capture were freed meanwhile, and the process does not grow by as much: a capture that lasts until the old blocks are gone would tell.',
    };
  }
  if (!site.neverFreed) return undefined;
  const word = boundedWord(site.frames, thresholds.boundedNames);
  if (word !== undefined) {
    return {
      mayBeBounded: false,
      confidence: 0.7,
      why: `the name says "${word}", and a cache that is still filling looks the same: capture until its bound should be reached.`,
    };
  }
  return undefined;
}

/** True where new blocks may only take the place of ones that were there before the capture. */
function isReplacement(evidence: ResidueEvidence, setting: Setting): boolean {
  const { residue, parts } = evidence;
  const middle = (residue.fromNs + residue.toNs) / 2e9;
  const freed = gainSince(setting, setting.unknownFrees, middle);
  const stayed = parts.slice(parts.length >> 1).reduce((sum, value) => sum + value, 0);
  if (freed < setting.thresholds.replacementShare * stayed) return false;
  const process = gainSince(setting, setting.processBytes, residue.fromNs / 1e9);
  return process < 0.5 * residue.bytes;
}

/** No growth that stays and goes on: what the level looks like. */
function form(site: SiteEvidence, setting: Setting): Judgement {
  const { level } = site;
  const sure = 1 - 0.8e9 / Math.max(4e9, setting.watchedNs);
  const enlargement = findEnlargement(level);
  if (enlargement !== undefined && enlargement.steps >= 3) {
    const enlarged = judgeEnlargement(site, enlargement, setting);
    if (enlarged !== undefined) return enlarged;
  }
  const releases = findReleases(level, setting.thresholds.releaseShare);
  if (releases.count > 0) {
    return judgement(
      'sawtooth',
      sure - 0.1 / releases.count,
      `It grows and is released in bulk: from ${bytesInWords(releases.peak)} to ${bytesInWords(releases.trough)}, ${countInWords(releases.count, 'time')} so far.`,
    );
  }
  const plateau = findPlateau(level);
  const { trend } = site;
  const few = plateau.blocks < setting.thresholds.minimumSurvivors;
  const turnsOver = plateau.turnover > 0.1;
  // A few blocks that come and go are at any level at any time.
  const rose =
    plateau.level > 1.3 * plateau.start && plateau.riseSeconds > 0 && !(few && turnsOver);
  const late = rose && plateau.riseShare > 0.8;
  const rises = late || (trend.interval[0] > 0 && plateau.lateRise > 0.02);
  const seldom =
    site.neverFreed &&
    site.outstandingCount >= 3 &&
    plateau.riseShare > 0.7 &&
    plateau.lateRise > 0;
  if (rises || seldom) {
    return judgement(
      'growing',
      0.6,
      seldom
        ? `${countInWords(site.outstandingCount, 'block')} were allocated here and none is freed; that is too few to call it a leak: a longer capture would tell.`
        : `It grows by ${bytesInWords(trend.bytesPerSecond)}/s, but not steadily, or its old blocks do die: a longer capture would show whether it levels off.`,
    );
  }
  // A population that comes and goes is at its level at once; a cache takes its time.
  if (!rose || (turnsOver && plateau.riseSeconds < 3 * setting.resolutionSeconds)) {
    return judgement(
      'steady',
      sure,
      site.outstandingCount === 0
        ? `All ${countInWords(site.allocations, 'block')} were freed again.`
        : `It holds ${bytesInWords(site.outstandingBytes)} and does not grow.`,
    );
  }
  const seconds = timeInWords(plateau.riseSeconds * 1e9);
  if (turnsOver) {
    return judgement(
      'cache',
      sure,
      `It grew to ${bytesInWords(plateau.level)} in ${seconds}, and since then old blocks go as new ones come.`,
    );
  }
  return judgement(
    'warm-up',
    sure,
    `It grew to ${bytesInWords(plateau.level)} in ${seconds} and has stopped growing.`,
  );
}

/** One block that becomes larger and larger: a buffer or a vector. */
function judgeEnlargement(
  site: SiteEvidence,
  enlargement: Enlargement,
  setting: Setting,
): Judgement | undefined {
  const { stoppedAfterGaps, leakDurationNs } = setting.thresholds;
  const size = bytesInWords(site.outstandingBytes);
  const steps = countInWords(enlargement.steps, 'time');
  if (enlargement.even) {
    if (enlargement.overdue > stoppedAfterGaps || site.trend.interval[0] <= 0) return undefined;
    const long = setting.watchedNs >= leakDurationNs;
    return judgement(
      long ? 'leak' : 'growing',
      long ? 1 - 2e9 / setting.watchedNs : 0.6,
      `A buffer that is enlarged again and again, by about the same amount: ${steps}, to ${size}.`,
    );
  }
  if (enlargement.growthFactor < 1.2 || enlargement.overdue > 1.25) return undefined;
  const fact = `A container doubles its storage each time that it is full: ${steps}, to ${size}`;
  if (fillsItsRoom(enlargement, setting)) {
    return judgement(
      'leak',
      0.8,
      `${fact}, and the process goes on filling the room it has taken.`,
    );
  }
  return judgement(
    'growing',
    0.6,
    `${fact}; whether it is still being filled shows at the next step.`,
  );
}

/** True where the process's memory has kept growing since the last step, at the pace at which the
 *  new room should be filled, and more than all traced blocks have. */
function fillsItsRoom(enlargement: Enlargement, setting: Setting): boolean {
  const now = setting.seconds.at(-1) ?? 0;
  const from = enlargement.lastStepSeconds + 2 * setting.resolutionSeconds;
  const elapsed = now - from;
  if (elapsed < 3 * setting.resolutionSeconds) return false;
  const grown =
    gainSince(setting, setting.processBytes, from) -
    Math.max(0, gainSince(setting, setting.tracedBytes, from));
  return grown > 0.5 * enlargement.fillBytesPerSecond * elapsed;
}
