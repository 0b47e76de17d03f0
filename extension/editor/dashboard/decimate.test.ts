import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bucketSize, decimate, sparkLevels } from './decimate.ts';

const times = (count: number): number[] => Array.from({ length: count }, (_, at) => at * 10);

test('a short series keeps every point', () => {
  assert.deepEqual(decimate([1, 2, 3], [5, 4, 6]), { timeNs: [1, 2, 3], values: [5, 4, 6] });
  assert.deepEqual(decimate([], []), { timeNs: [], values: [] });
});

test('a long series keeps its ends, its peak and its dip, within the limit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 2,
        maxLength: 3000,
      }),
      fc.integer({ min: 4, max: 700 }),
      (values, limit) => {
        const { timeNs, values: kept } = decimate(times(values.length), values, limit);
        assert.ok(kept.length <= limit);
        assert.equal(kept.length, timeNs.length);
        assert.equal(kept[0], values[0]);
        assert.equal(kept.at(-1), values.at(-1));
        assert.equal(Math.max(...kept), Math.max(...values));
        assert.equal(Math.min(...kept), Math.min(...values));
        for (let at = 1; at < timeNs.length; at += 1)
          assert.ok((timeNs[at] ?? 0) > (timeNs[at - 1] ?? 0));
      },
    ),
  );
});

test('points of full buckets stay the same while the series grows', () => {
  const values = Array.from({ length: 1800 }, (_, at) => (at * 7919) % 1009);
  const before = decimate(times(1700), values.slice(0, 1700));
  const after = decimate(times(1704), values.slice(0, 1704));
  assert.equal(bucketSize(1700, 600), bucketSize(1704, 600));
  // The last bucket and the last sample may differ: at most three points.
  const settled = before.timeNs.length - 3;
  assert.deepEqual(after.timeNs.slice(0, settled), before.timeNs.slice(0, settled));
  assert.deepEqual(after.values.slice(0, settled), before.values.slice(0, settled));
});

test('values that are no numbers are left out, wherever they are', () => {
  const values = times(2000).map((_, at) => (at % 3 === 0 ? NaN : at));
  const points = decimate(times(2000), values);
  assert.ok(points.values.length > 100);
  assert.ok(points.values.every((it) => Number.isFinite(it)));
  assert.deepEqual(decimate(times(900), new Array<number>(900).fill(Infinity)).values, []);
});

test('a sparkline has levels from 0 to 100, the last of them for the last value', () => {
  assert.deepEqual(sparkLevels([], 24), []);
  assert.deepEqual(sparkLevels([0, 0, 0], 24), [0, 0, 0]);
  assert.deepEqual(sparkLevels([-5, 50, 100], 24), [0, 50, 100]);
  const levels = sparkLevels(times(3600), 24);
  assert.equal(levels.length, 24);
  assert.equal(levels.at(-1), 100);
  assert.ok(levels.every((it) => it >= 0 && it <= 100));
});
