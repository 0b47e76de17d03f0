/** Numbers for people: the edges between units, signs, and values that are no number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from './quantities.ts';

test('sizes change their unit before they would print four digits', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(999.7), '1 kB');
  assert.equal(formatBytes(1_234), '1.23 kB');
  assert.equal(formatBytes(12_345_678), '12.3 MB');
  assert.equal(formatBytes(123_456_789), '123 MB');
  assert.equal(formatBytes(-2_000_000), '−2 MB');
  assert.equal(formatBytes(Number.NaN), '?');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e14, noNaN: true }), (bytes) => {
      assert.match(formatBytes(bytes), /^\d{1,3}(\.\d{1,2})? [kMGT]?B$/);
    }),
  );
});

test('rates are per minute and carry their sign', () => {
  assert.equal(formatRate(20_000), '+1.2 MB/min');
  assert.equal(formatRate(-20_000), '−1.2 MB/min');
  assert.equal(formatRate(0), '+0 B/min');
});

test('counts, times and shares', () => {
  assert.equal(formatCount(4312), '4,312');
  assert.equal(formatDuration(850e6), '850 ms');
  assert.equal(formatDuration(999.9e6), '1 s');
  assert.equal(formatDuration(120e9), '2 min');
  assert.equal(formatDuration(125e9), '2 min 5 s');
  assert.equal(formatDuration(3840e9), '1 h 4 min');
  assert.equal(formatClock(42.9e9), '0:42');
  assert.equal(formatClock(3725e9), '1:02:05');
  assert.equal(formatShare(0.98), '98%');
  assert.equal(formatShare(0.004), '0.4%');
  assert.equal(formatShare(0.0004), '<0.1%');
  assert.equal(formatShare(0), '0%');
});
