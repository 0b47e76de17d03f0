/** The hover's picture: well-formed, bounded, and true to first, last and highest value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from '../../analysis/report.ts';
import { sparklineUri } from './sparkline.ts';

function series(outstandingBytes: readonly number[]): Series {
  const timeNs = outstandingBytes.map((_, at) => at * 1e9);
  const none = outstandingBytes.map(() => 0);
  return {
    timeNs,
    outstandingBytes,
    outstandingCount: none,
    allocatedBytes: none,
    freedBytes: none,
  };
}
const decode = (uri: string | undefined): string =>
  Buffer.from(uri?.replace('data:image/svg+xml;base64,', '') ?? '', 'base64').toString();

test('a rising line ends at the top', () => {
  const svg = decode(sparklineUri(series([0, 50, 100]), '#f00'));
  assert.match(svg, /d="M3\.0 53\.0L130\.0 28\.0L257\.0 3\.0"/);
  assert.match(svg, /stroke="#f00"/);
});

test('nothing to draw', () => {
  assert.equal(sparklineUri(series([]), '#f00'), undefined);
  assert.equal(sparklineUri(series([1]), '#f00'), undefined);
});

test('an hour of samples stays small, keeps its peak, and never leaves the picture', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1e9), { minLength: 2, maxLength: 3600 }),
      fc.nat(),
      (values, at) => {
        values[at % values.length] = 2e9;
        const svg = decode(sparklineUri(series(values), '#f00'));
        assert.ok(svg.length < 4000);
        const heights = [...svg.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((it) => Number(it[2]));
        assert.equal(Math.min(...heights), 3);
        assert.ok(Math.max(...heights) <= 53);
      },
    ),
  );
});
