/**
 * Growth as a straight line: least squares, a confidence interval that allows for autocorrelated
 * samples, and Theil and Sen's robust slope beside it.
 */
import { linearRegression, linearRegressionLine, quickselect, rSquared } from 'simple-statistics';
import type { Trend } from './report.ts';
import { student975 } from './student.ts';

/** Points that the robust slope looks at: 780 pairs, some ten microseconds. */
const ROBUST_POINTS = 40;

/** Autocorrelation is not believed above this: at 1 the samples would hold no information. */
const LARGEST_AUTOCORRELATION = 0.98;

/** Rounds to twelve significant digits, so that the order of a sum does not show. */
export function tidy(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : 0;
}

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

/** Half the width of the 95% confidence interval of the least-squares slope through the points. */
export function slopeHalfWidth(
  x: readonly number[],
  y: readonly number[],
  slope: number,
  intercept: number,
): number {
  const n = x.length;
  if (n < 3) return 0;
  let sum = 0;
  const residuals: number[] = [];
  for (let i = 0; i < n; i += 1) {
    const xi = x[i] ?? 0;
    sum += xi;
    residuals.push((y[i] ?? 0) - (intercept + slope * xi));
  }
  return student975(n - 2) * Math.sqrt(slopeVariance(x, residuals, sum / n));
}

/**
 * The trend of a level over time. Fewer than two points, or points at one time only, have none: all
 * zeros. With two points the interval is that of the slope itself: nothing is known of the noise.
 * @param seconds ascending
 * @param bytes outstanding at those times
 */
export function trendOf(seconds: readonly number[], bytes: readonly number[]): Trend {
  const first = seconds[0] ?? 0;
  const last = seconds.at(-1) ?? 0;
  const level = bytes.at(-1) ?? 0;
  const lowest = bytes.reduce((low, value) => Math.min(low, value), level);
  const highest = bytes.reduce((high, value) => Math.max(high, value), level);
  if (last <= first || lowest === highest) {
    return {
      bytesPerSecond: 0,
      interceptBytes: level,
      interval: [0, 0],
      rSquared: 0,
      robustBytesPerSecond: 0,
    };
  }
  const points = seconds.map((x, i) => [x, bytes[i] ?? 0]);
  const line = linearRegression(points);
  const half = slopeHalfWidth(seconds, bytes, line.m, line.b);
  const fit = rSquared(points, linearRegressionLine(line));
  return {
    bytesPerSecond: tidy(line.m),
    interceptBytes: tidy(line.b),
    interval: [tidy(line.m - half), tidy(line.m + half)],
    rSquared: tidy(Math.min(1, Math.max(0, fit))),
    robustBytesPerSecond: tidy(theilSen(seconds, bytes)),
  };
}
