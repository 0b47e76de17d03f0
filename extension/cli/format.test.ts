import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.ts';
import { cut, pad, widthOf } from './columns.ts';
import { parseDuration } from './duration.ts';
import {
  countOf,
  formatBytes,
  formatClock,
  formatRate,
  formatShare,
  formatSpan,
  printable,
  sparkline,
  withoutControls,
} from './format.ts';

test('bytes have three digits and the unit that fits', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1.00 kB'],
    [1000, '1.00 kB'],
    [12_345, '12.3 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1.5e9, '1.50 GB'],
    [-2048, '-2.05 kB'],
    [9e18, '9000 PB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test('rates and shares keep their sign and their smallness', () => {
  assert.equal(formatRate(0), '0 B/s');
  assert.equal(formatRate(1500), '+1.50 kB/s');
  assert.equal(formatRate(-1500), '-1.50 kB/s');
  assert.equal(formatShare(0), '0%');
  assert.equal(formatShare(0.00001), '<0.01%');
  assert.equal(formatShare(0.0042), '0.42%');
  assert.equal(formatShare(0.042), '4.2%');
  assert.equal(formatShare(1), '100%');
});

test('times are said as a person says them', () => {
  assert.equal(formatSpan(850), '850 ms');
  assert.equal(formatSpan(20_000), '20 s');
  assert.equal(formatSpan(59_960), '60 s');
  assert.equal(formatSpan(125_000), '2 min 5 s');
  assert.equal(formatSpan(3_600_000), '1 h');
  assert.equal(formatClock(7000), '0:07');
  assert.equal(formatClock(3_723_000), '1:02:03');
  assert.equal(countOf(1, 'block'), '1 block');
  assert.equal(countOf(4312, 'block'), '4,312 blocks');
});

test('a sparkline shows the shape, and ends with the last value', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([5, 5, 5], 8), '▁▁▁');
  assert.equal(sparkline([], 8), '');
  assert.equal(sparkline([0, 0, 0, 9], 2), '▁█');
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(50), (values, width) => {
      assert.equal(widthOf(sparkline(values, width)), Math.min(width, values.length));
    }),
  );
});

test('nothing that a target writes can move a cursor or change what follows', () => {
  assert.equal(printable('\x1b[31mred\x1b[0m'), 'red');
  assert.equal(printable('\x1b]0;title\x07name'), 'name');
  assert.equal(printable('a\nb\rc\u009b2Jd\u202ee'), 'a\u{fffd}b\u{fffd}c' + 'd\u{fffd}e');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // eslint-disable-next-line no-control-regex -- control characters are what must be absent
      assert.doesNotMatch(printable(text), /[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});

test('a line of a program keeps its text and its tabs', () => {
  assert.equal(withoutControls('a\t\x1b[31mred\x1b(B\x1b[m\x0f b\r\x07'), 'a\tred b');
});

test('cut text never takes more columns than it may', () => {
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('abcdef', 4, 'end'), '…def');
  assert.equal(cut('abc', 3), 'abc');
  assert.equal(cut('漢字漢字', 5), '漢字…');
  assert.equal(pad('漢', 4), '漢  ');
  assert.equal(pad('1', 3, 'right'), '  1');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), fc.boolean(), (text, columns, end) => {
      assert.ok(widthOf(cut(text, columns, end ? 'end' : 'start')) <= columns);
    }),
  );
});

test('lengths of time are read with their unit, within their range', () => {
  const range = { min: 100, max: 60_000 };
  assert.equal(parseDuration('250ms', '--interval', range), 250);
  assert.equal(parseDuration('1.5s', '--interval', range), 1500);
  assert.equal(parseDuration('1m', '--interval', range), 60_000);
  assert.equal(parseDuration('2', '--interval', range), 2000);
  for (const wrong of ['', 's', '-1s', '1d', '1e3', '99ms', '61s', 'NaN', '1 s s']) {
    assert.throws(
      () => parseDuration(wrong, '--interval', range),
      (error) => error instanceof UserError && error.kind === 'badChoice',
      wrong,
    );
  }
});
