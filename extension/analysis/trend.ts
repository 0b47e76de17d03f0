/**
 * Growth as a straight line: least squares, a confidence interval that allows for autocorrelated
 * samples, and Theil and Sen's robust slope beside it.
 */
import { linearRegression, quickselect } from 'simple-statistics';
import type { Trend } from './report.ts';
import { student975 } from './student.ts';

/** Points that the robust slope looks at: 780 pairs, some ten microseconds. */
const ROBUST_POINTS = 40;

/** Autocorrelation is not believed above this: at 1 the samples would hold no information. */
const LARGEST_AUTOCORRELATION = 0.98;

/**
 * Median of the slopes of all pairs of points: up to 29% of the points may be anything without
 * moving it. Of long series, evenly spaced points are taken.
 * Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968).
 * @param x ascending
 */
export function theilSen(x: readonly number[], y: readonly number[]): number {
  const n = Math.min(x.length, ROBUST_POINTS);
  const at = (k: number): number => Math.floor((k * (x.length - 1)) / Math.max(1, n - 1));
  const slopes: number[] = [];
  for (let i = 0; i < n; i += 1) {
    const xi = x[at(i)] ?? 0;
    const yi = y[at(i)] ?? 0;
    for (let j = i + 1; j < n; j += 1) {
      const dx = (x[at(j)] ?? 0) - xi;
      if (dx > 0) slopes.push(((y[at(j)] ?? 0) - yi) / dx);
    }
  }
  if (slopes.length === 0) return 0;
  const upper = slopes.length >> 1;
  quickselect(slopes, upper);
  const high = slopes[upper] ?? 0;
  if (slopes.length % 2 === 1) return high;
  // quickselect leaves nothing larger to the left, so the lower middle is the largest there.
  let low = -Infinity;
  for (let i = 0; i < upper; i += 1) low = Math.max(low, slopes[i] ?? -Infinity);
  return (low + high) / 2;
}

/**
 * Variance of the least-squares slope when the residuals are a first-order autoregression: the
 * double sum of w_i w_j rho^|i-j| over the slope's weights, computed in one pass.
 * Source: R. Lee and J. Lund, Revisiting simple linear regression with autocorrelated errors,
 * Biometrika 91 (2004). The lag-1 autocorrelation is corrected for its bias in short series,
 * -(2 + 4 rho) / n with a fitted line (M. G. Kendall, Biometrika 41, 1954), and negative ones count
 * as none, so that the interval is never narrower than the ordinary one.
 */
function slopeVariance(x: readonly number[], residuals: readonly number[], meanX: number): number {
  const n = x.length;
  let sumXX = 0;
  let sum0 = 0;
  let sum1 = 0;
  for (let i = 0; i < n; i += 1) {
    const residual = residuals[i] ?? 0;
    sumXX += ((x[i] ?? 0) - meanX) ** 2;
    sum0 += residual * residual;
    if (i > 0) sum1 += residual * (residuals[i - 1] ?? 0);
  }
  if (sumXX === 0 || sum0 === 0) return 0;
  const raw = sum1 / sum0;
  const rho = Math.min(LARGEST_AUTOCORRELATION, Math.max(0, (raw * n + 2) / Math.max(1, n - 4)));
  let innovations = 0;
  for (let i = 1; i < n; i += 1) {
    innovations += ((residuals[i] ?? 0) - rho * (residuals[i - 1] ?? 0)) ** 2;
  }
  const marginal = Math.max(
    sum0 / Math.max(1, n - 2),
    innovations / Math.max(1, n - 3) / (1 - rho * rho),
  );
  let previous = 0;
  let tail = 0;
  let weights = 0;
  for (let i = 0; i < n; i += 1) {
    const weight = ((x[i] ?? 0) - meanX) / sumXX;
    tail = rho * (tail + previous);
    weights += weight * weight + 2 * weight * tail;
    previous = weight;
  }
  return Math.max(0, marginal * weights);
}

/** A level without a slope. */
function flat(level: number): Trend {
  return {
    bytesPerSecond: 0,
    interceptBytes: level,
    interval: [0, 0],
    rSquared: 0,
    robustBytesPerSecond: 0,
  };
}

/**
 * The trend of a level over time. Fewer than two points, or points at one time only, have none: all
 * zeros. With two points the interval is that of the slope itself: nothing is known of the noise.
 * @param seconds ascending
 * @param bytes outstanding at those times
 */
export function trendOf(seconds: readonly number[], bytes: readonly number[]): Trend {
  const n = seconds.length;
  const level = bytes[n - 1] ?? 0;
  if ((seconds[n - 1] ?? 0) <= (seconds[0] ?? 0) || bytes.every((value) => value === level)) {
    return flat(level);
  }
  const { m, b } = linearRegression(seconds.map((x, i) => [x, bytes[i] ?? 0]));
  const residuals: number[] = [];
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < n; i += 1) {
    const x = seconds[i] ?? 0;
    const y = bytes[i] ?? 0;
    sumX += x;
    sumY += y;
    residuals.push(y - (b + m * x));
  }
  // R squared as 1 - residual / total sum of squares; the residuals are needed below anyhow.
  let unexplained = 0;
  let total = 0;
  for (let i = 0; i < n; i += 1) {
    const deviation = (bytes[i] ?? 0) - sumY / n;
    unexplained += (residuals[i] ?? 0) * (residuals[i] ?? 0);
    total += deviation * deviation;
  }
  const half =
    n < 3 ? 0 : student975(n - 2) * Math.sqrt(slopeVariance(seconds, residuals, sumX / n));
  return {
    bytesPerSecond: m,
    interceptBytes: b,
    interval: [m - half, m + half],
    rSquared: total > 0 ? Math.min(1, Math.max(0, 1 - unexplained / total)) : 0,
    robustBytesPerSecond: theilSen(seconds, bytes),
  };
}
