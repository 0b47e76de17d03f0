/**
 * Fewer points for drawing: the smallest and the largest of each bucket of samples, so that peaks
 * and dips stay. Buckets hold a power of two of samples and begin at the first one: while a capture
 * grows, the points of full buckets stay the same, and an increment holds only the last ones.
 */

/** Points of a series for drawing. */
export interface Points {
  readonly timeNs: number[];
  readonly values: number[];
}

/** Most points that a curve has on the page. */
export const MAX_POINTS = 600;

/**
 * Points of the series at most `limit` (at least 4), in time order; the first and the last sample
 * are among them. Values that are not finite are left out. Arrays of unequal length: the rest of
 * the longer one is ignored.
 */
export function decimate(
  timeNs: readonly number[],
  values: readonly number[],
  limit: number = MAX_POINTS,
): Points {
  const length = Math.min(timeNs.length, values.length);
  const points: Points = { timeNs: [], values: [] };
  const take = (at: number | undefined): void => {
    const time = at === undefined ? undefined : timeNs[at];
    const value = at === undefined ? undefined : values[at];
    if (time === undefined || value === undefined || !Number.isFinite(value)) return;
    points.timeNs.push(time);
    points.values.push(value);
  };
  const bucket = bucketSize(length, limit);
  if (bucket === 1) {
    for (let at = 0; at < length; at += 1) take(at);
    return points;
  }
  take(0);
  // The first sample has a point of its own, and so has the last.
  for (let from = 1; from < length - 1; from += bucket) {
    const [low, high] = extremes(values, from, Math.min(from + bucket, length - 1));
    if (low === undefined || high === undefined) continue;
    take(Math.min(low, high));
    if (low !== high) take(Math.max(low, high));
  }
  take(length - 1);
  return points;
}

/** Samples in a bucket, a power of two, so that two points of each and the two ends fit `limit`. */
export function bucketSize(samples: number, limit: number): number {
  if (samples <= limit) return 1;
  let size = 2;
  while (Math.ceil(samples / size) * 2 + 2 > limit) size *= 2;
  return size;
}

/** Where the smallest and the largest finite value are in [from, to). */
function extremes(
  values: readonly number[],
  from: number,
  to: number,
): [low: number | undefined, high: number | undefined] {
  let low: number | undefined;
  let high: number | undefined;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let at = from; at < to; at += 1) {
    const value = values[at] ?? NaN;
    if (!Number.isFinite(value)) continue;
    if (value < lowest) [low, lowest] = [at, value];
    if (value > highest) [high, highest] = [at, value];
  }
  return [low, high];
}

/** `count` values of the series at even distances, the last of each stretch, as levels 0 to 100. */
export function sparkLevels(values: readonly number[], count: number): number[] {
  const steps = Math.min(count, values.length);
  const taken = Array.from({ length: steps }, (_, step) => {
    const value = values[Math.floor(((step + 1) * values.length) / steps) - 1] ?? 0;
    return Number.isFinite(value) ? Math.max(0, value) : 0;
  });
  const top = taken.reduce((a, b) => Math.max(a, b), 0);
  return taken.map((it) => (top <= 0 ? 0 : Math.round((it / top) * 100)));
}
