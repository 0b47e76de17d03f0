import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uniform } from './testing/synthetic.ts';
import { theilSen, trendOf } from './trend.ts';

const seconds = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A normal variate, by the sum of twelve uniform ones. */
function normal(random: () => number): number {
  let sum = -6;
  for (let i = 0; i < 12; i += 1) sum += random();
  return sum;
}

/** How often the interval holds the true slope, 3 B/s, with noise of the given autocorrelation. */
function coverage(points: number, rho: number): number {
  const random = uniform(points * 100 + Math.round(rho * 10));
  const runs = 400;
  let held = 0;
  for (let run = 0; run < runs; run += 1) {
    let noise = 0;
    const bytes = seconds(points).map((x) => {
      noise = rho * noise + 20 * normal(random);
      return 1000 + 3 * x + noise;
    });
    const [low, high] = trendOf(seconds(points), bytes).interval;
    if (low <= 3 && 3 <= high) held += 1;
  }
  return held / runs;
}

describe('trend', () => {
  it('is exact on a line', () => {
    const trend = trendOf(
      seconds(20),
      seconds(20).map((x) => 500 + 7 * x),
    );
    assert.ok(Math.abs(trend.bytesPerSecond - 7) < 1e-9);
    assert.ok(Math.abs(trend.interceptBytes - 500) < 1e-9);
    assert.ok(trend.rSquared > 0.999999);
    assert.equal(trend.robustBytesPerSecond, 7);
  });

  it('has an interval that holds the true slope, also where samples are autocorrelated', () => {
    for (const points of [20, 60, 160]) {
      for (const rho of [0, 0.5, 0.9]) {
        const share = coverage(points, rho);
        // Few points do not show how strongly their noise is autocorrelated: the interval of such
        // a short series is too narrow, which docs/statistics.md says.
        const least = rho === 0.9 ? 0.78 : 0.88;
        assert.ok(share >= least, `${points} points, rho ${rho}: ${share}`);
      }
    }
  });

  it('is nothing for no point, one point, and a level that does not change', () => {
    for (const n of [0, 1, 5]) {
      const trend = trendOf(
        seconds(n),
        seconds(n).map(() => 42),
      );
      assert.equal(trend.bytesPerSecond, 0);
      assert.deepEqual(trend.interval, [0, 0]);
      assert.equal(trend.rSquared, 0);
    }
  });

  it('has a robust slope that a quarter of wild points does not move', () => {
    const bytes = seconds(40).map((x) => (x % 5 === 0 ? 1e9 : 3 * x));
    assert.ok(Math.abs(theilSen(seconds(40), bytes) - 3) < 0.5);
    assert.equal(theilSen([0, 1, 2, 3], [0, 2, 4, 6]), 2);
  });
});
