import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CurveKey } from '../../../protocol/view.ts';
import { sampleCapture } from '../../../test/webview/sampleCapture.ts';
import { analyze } from '../../analysis/analyze.ts';
import { siteId } from './names.ts';
import { processCurves, siteCurves, trendBand } from './timeline.ts';

const SECOND = 1_000_000_000;
const capture = sampleCapture({ seconds: 120, sites: 40 });
const report = analyze(capture);

function last(key: string, curves: ReturnType<typeof processCurves>): number | undefined {
  return curves.find((it) => it.key === key)?.values.at(-1);
}

test('the six most important sites have curves, and the others one together', () => {
  const { sites, others, curves } = siteCurves(report.sites, undefined, undefined);
  assert.deepEqual(sites, report.sites.slice(0, 6).map(siteId));
  assert.equal(others, report.sites.length - 6);
  assert.equal(curves.length, 7);
  const rest = report.sites.slice(6).reduce((sum, it) => sum + it.outstandingBytes, 0);
  assert.equal(curves.find((it) => it.key === CurveKey.others)?.values.at(-1), rest);
});

test('the selected site has a curve too, and is no longer among the others', () => {
  const selected = report.sites[20];
  const { sites, others } = siteCurves(report.sites, selected, undefined);
  assert.ok(selected !== undefined);
  assert.equal(sites.at(-1), siteId(selected));
  assert.equal(others, report.sites.length - 7);
});

test('velocity is bytes a second of the interval; memory counts from the first sample', () => {
  const curves = processCurves(capture.samples);
  const [before, now] = capture.samples.slice(-2);
  const first = capture.samples[0];
  assert.ok(before !== undefined && now !== undefined && first !== undefined);
  const allocated = now.totals.allocatedBytes - before.totals.allocatedBytes;
  const freed = now.totals.freedBytes - before.totals.freedBytes;
  assert.equal(last(CurveKey.allocated, curves), allocated);
  assert.equal(last(CurveKey.net, curves), allocated - freed);
  const resident = now.process.rssBytes - first.process.rssBytes;
  assert.equal(last(CurveKey.resident, curves), resident);
});

test('counters that restart are no velocity, and one sample is no error', () => {
  const [one] = capture.samples;
  assert.ok(one !== undefined);
  const zero = { ...one.totals, allocatedBytes: 0, freedBytes: 0 };
  const restarted = { ...one, timeNs: 2 * SECOND, totals: zero };
  const curves = processCurves([one, restarted]);
  assert.equal(last(CurveKey.allocated, curves), 0);
  assert.equal(processCurves([one]).length, 8);
  assert.ok(processCurves([]).every((it) => it.values.length === 0));
});

test('a rate over an hour is the mean of stretches, and loses nothing', () => {
  const hour = sampleCapture({ seconds: 3600, sites: 2, cohortSeconds: 60 });
  const curves = processCurves(hour.samples);
  const allocated = curves.find((it) => it.key === CurveKey.allocated);
  assert.ok(allocated !== undefined);
  assert.ok(allocated.values.length <= 300);
  let total = 0;
  for (const [at, value] of allocated.values.entries()) {
    const seconds = ((allocated.timeNs[at] ?? 0) - (allocated.timeNs[at - 1] ?? 0)) / SECOND;
    total += value * seconds;
  }
  const expected = hour.samples.at(-1)?.totals.allocatedBytes ?? 0;
  assert.ok(Math.abs(total - expected) < 1e-6 * expected);
});

test("the cost's share of the target's time leaves out what came before the capture", () => {
  const [a, b] = capture.samples;
  assert.ok(a !== undefined && b !== undefined);
  const ran = (it: typeof a, cpuNs: number, targetNs: number): typeof a => ({
    ...it,
    process: { ...it.process, cpuNs },
    cost: { ...it.cost, targetNs },
  });
  const curves = processCurves([ran(a, 9e12, 1e6), ran(b, 9e12 + 5e8, 1e6 + 1e7)]);
  const share = curves.find((it) => it.key === CurveKey.costTarget);
  assert.deepEqual(share?.timeNs, [b.timeNs]);
  assert.ok(Math.abs((share.values[0] ?? 0) - 0.02) < 1e-12);
  assert.ok(Math.abs((last(CurveKey.costCore, curves) ?? 0) - 0.01) < 1e-12);
});

test('the band is narrowest at the mean time, where it is the half-width of the mean', () => {
  const timeNs = Array.from({ length: 61 }, (_, at) => at * SECOND);
  const band = trendBand(timeNs, {
    bytesPerSecond: 100,
    interceptBytes: 50,
    interval: [90, 120],
    rSquared: 0.9,
    robustBytesPerSecond: 100,
  });
  assert.ok(band?.low && band.high);
  const middle = band.timeNs.indexOf(30 * SECOND);
  assert.equal(band.fit[middle], 50 + 3000);
  // The variance of 0..60 is (61² - 1) / 12.
  const deviation = Math.sqrt((61 ** 2 - 1) / 12);
  assert.ok(Math.abs(3050 - 10 * deviation - (band.low[middle] ?? 0)) < 1e-6);
  assert.ok(Math.abs(3050 + 20 * deviation - (band.high[middle] ?? 0)) < 1e-6);
  assert.ok((band.high[0] ?? 0) - (band.fit[0] ?? 0) > 20 * deviation);
});

test('a line that is not known is not drawn, and an unbounded interval has no band', () => {
  const trend = {
    bytesPerSecond: 1,
    interceptBytes: 0,
    interval: [-Infinity, Infinity] as const,
    rSquared: 0,
    robustBytesPerSecond: 1,
  };
  assert.equal(trendBand([0, SECOND], trend)?.low, null);
  assert.equal(trendBand([0], trend), undefined);
  assert.equal(trendBand([0, SECOND], { ...trend, bytesPerSecond: NaN }), undefined);
});
