/**
 * The form of a level over time: where it has stopped growing, whether it falls back in bulk, and
 * whether it is one block that is enlarged again and again.
 */

/** The level of a site at each point of the grid. */
export interface Level {
  /** Active seconds, ascending. */
  readonly seconds: readonly number[];
  readonly bytes: readonly number[];
  readonly count: readonly number[];
  /** Cumulative bytes freed. */
  readonly freedBytes: readonly number[];
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);

/** Rises and falls that are large beside the level. */
export interface Releases {
  /** Falls by at least the given share of the peak, each after a climb; 0 where most falls are not
   *  after a climb, as in a churn. */
  readonly count: number;
  /** Level after the last such fall, and before it, bytes. */
  readonly trough: number;
  readonly peak: number;
}

const noReleases: Releases = { count: 0, trough: 0, peak: 0 };

/** Points of all climbs together below which chance explains them: a churn climbs for four points
 *  in a row once in 24 times. */
const MINIMUM_CLIMB = 4;

/** Blocks at the peak below which a release is no bulk. */
const MINIMUM_PEAK_BLOCKS = 6;

/**
 * Looks for bulk releases at the turning points of the level: it has turned when it is away from
 * its last extreme by a share of the peak. A fall counts when the way up to its peak was a climb,
 * three quarters of whose steps did not go down.
 * @param share of the peak that a fall must lose, and a rise regain
 */
export function findReleases(level: Level, share: number): Releases {
  const { bytes, count: blocks } = level;
  if (!blocks.some((value) => value >= MINIMUM_PEAK_BLOCKS)) return noReleases;
  let rising = true;
  let troughAt = 0;
  let peakAt = 0;
  let climbs = 0;
  let climbed = 0;
  let falls = 0;
  let last = noReleases;
  for (let i = 1; i < bytes.length; i += 1) {
    const value = bytes[i] ?? 0;
    const peak = bytes[peakAt] ?? 0;
    if (rising && value >= peak) {
      peakAt = i;
    } else if (rising && peak - value >= share * peak) {
      falls += 1;
      if ((blocks[peakAt] ?? 0) >= MINIMUM_PEAK_BLOCKS && isClimb(bytes, troughAt, peakAt)) {
        climbs += 1;
        climbed += peakAt - troughAt;
        last = { count: climbs, trough: value, peak };
      }
      rising = false;
      troughAt = i;
    } else if (!rising && value <= (bytes[troughAt] ?? 0)) {
      if (last.trough === bytes[troughAt]) last = { ...last, trough: value };
      troughAt = i;
    } else if (!rising && value - (bytes[troughAt] ?? 0) >= share * peak) {
      rising = true;
      peakAt = i;
    }
  }
  return climbed >= MINIMUM_CLIMB && climbs >= 0.7 * falls ? last : noReleases;
}

function isClimb(bytes: readonly number[], from: number, to: number): boolean {
  if (to - from < 2) return false;
  let falls = 0;
  for (let i = from + 1; i <= to; i += 1) if ((bytes[i] ?? 0) < (bytes[i - 1] ?? 0)) falls += 1;
  return falls <= (to - from) / 4;
}

/** How a level came to where it is. */
export interface Plateau {
  /** Mean of the last quarter, bytes. */
  readonly level: number;
  /** The same in blocks. */
  readonly blocks: number;
  /** Level at the first point, bytes. */
  readonly start: number;
  /** Seconds from the first point until nine tenths of the rise to the level were done. */
  readonly riseSeconds: number;
  /** The same as a share of the observed time. */
  readonly riseShare: number;
  /** Bytes freed after the rise, in levels: 0 where nothing is turned over any more. */
  readonly turnover: number;
  /** Rise from the third quarter's mean to the last quarter's, as a share of the level. */
  readonly lateRise: number;
}

export function findPlateau(level: Level): Plateau {
  const { seconds, bytes, count, freedBytes } = level;
  const n = bytes.length;
  const quarter = Math.max(1, Math.floor(n / 4));
  const end = mean(bytes.slice(n - quarter));
  const before = mean(bytes.slice(Math.max(0, n - 2 * quarter), Math.max(1, n - quarter)));
  const start = bytes[0] ?? 0;
  const aim = start + 0.9 * (end - start);
  const at = Math.max(
    0,
    bytes.findIndex((value) => value >= aim),
  );
  const from = seconds[0] ?? 0;
  const observed = (seconds[n - 1] ?? 0) - from;
  const riseSeconds = (seconds[at] ?? 0) - from;
  const freed = (freedBytes[n - 1] ?? 0) - (freedBytes[at] ?? 0);
  return {
    level: end,
    blocks: mean(count.slice(n - quarter)),
    start,
    riseSeconds,
    riseShare: observed > 0 ? riseSeconds / observed : 0,
    turnover: end > 0 ? freed / end : 0,
    lateRise: end > 0 ? (end - before) / end : 0,
  };
}

/** Steps of one block (or a few) that is replaced by a larger one again and again. */
export interface Enlargement {
  /** Points at which the level rose. */
  readonly steps: number;
  /** Size of the last step by that before it; about 2 for a vector that doubles. */
  readonly growthFactor: number;
  /** True where steps are about equally high: a buffer that grows by a fixed amount. */
  readonly even: boolean;
  /** Time since the last step, in mean times between steps (even) or in the time that the next step
   *  should have taken by the steps before it. */
  readonly overdue: number;
  /** Seconds at which the last step was seen. */
  readonly lastStepSeconds: number;
  /** Bytes per second at which the last step's room should be filled. */
  readonly fillBytesPerSecond: number;
}

/** Looks for enlargement: blocks become larger, and not more. */
export function findEnlargement(level: Level): Enlargement | undefined {
  const { seconds, bytes, count } = level;
  const n = bytes.length;
  const late = count[n - 1] ?? 0;
  if (n < 4 || late === 0) return undefined;
  const quarter = Math.floor(n / 4);
  const early = Math.max(...count.slice(0, quarter + 1));
  if (late > early + Math.max(1, early / 10)) return undefined;
  const sizeBefore = (bytes[quarter] ?? 0) / Math.max(1, count[quarter] ?? 0);
  if ((bytes[n - 1] ?? 0) / late < 1.3 * sizeBefore) return undefined;
  const steps: { at: number; height: number }[] = [];
  let highest = bytes[0] ?? 0;
  let falls = 0;
  for (let i = 1; i < n; i += 1) {
    const value = bytes[i] ?? 0;
    if (value < (bytes[i - 1] ?? 0)) falls += 1;
    if (value <= highest) continue;
    steps.push({ at: seconds[i] ?? 0, height: value - highest });
    highest = value;
  }
  const last = steps.at(-1);
  const previous = steps.at(-2);
  if (last === undefined || previous === undefined) return undefined;
  // A level that falls again and again is not that of a few growing blocks.
  if (falls > steps.length / 4 || (bytes[n - 1] ?? 0) < 0.9 * highest) return undefined;
  const half = steps.length >> 1;
  const firstHalf = mean(steps.slice(0, half).map((step) => step.height));
  const secondHalf = mean(steps.slice(half).map((step) => step.height));
  const even = steps.length >= 8 && secondHalf < 1.5 * firstHalf;
  const now = seconds[n - 1] ?? 0;
  const meanGap = (last.at - (seconds[0] ?? 0)) / steps.length;
  const growthFactor = last.height / previous.height;
  // Pushing at a constant pace, each capacity lasts as much longer as it is larger.
  const expected = even
    ? meanGap
    : Math.min(3, Math.max(1, growthFactor)) * (last.at - previous.at);
  return {
    steps: steps.length,
    growthFactor,
    even,
    overdue: expected > 0 ? (now - last.at) / expected : 0,
    lastStepSeconds: last.at,
    fillBytesPerSecond: expected > 0 ? last.height / expected : 0,
  };
}
