/**
 * What must hold for every capture, whatever happened to it on the way.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Capture } from '../capture/capture.ts';
import { analyze, Analyzer } from './analyze.ts';
import type { Report } from './report.ts';
import {
  captureOf,
  joinRestarted,
  mapSamples,
  renumberStacks,
  scaleBytes,
  withoutSamples,
} from './testing/captures.ts';
import { innocentPrograms } from './testing/innocent-programs.ts';
import { leakingPrograms } from './testing/leaking-programs.ts';

/** Fails at the first number that is not finite, and names where it is. */
function assertFinite(value: unknown, path = 'report'): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), `${path} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) assertFinite(inner, `${path}.${key}`);
}

function assertSane(report: Report): void {
  assertFinite(report);
  for (const site of report.sites) {
    assert.ok(site.confidence >= 0 && site.confidence <= 1);
    assert.ok(site.trend.interval[0] <= site.trend.interval[1]);
    assert.ok(site.trend.rSquared >= 0 && site.trend.rSquared <= 1);
    assert.ok(site.explanation.length > 0);
    assert.ok(site.outstandingBytes >= 0 && site.outstandingCount >= 0);
    assert.doesNotMatch(site.explanation, /NaN|Infinity|undefined/);
    for (const { share, low } of site.survival) assert.ok(low >= 0 && low <= share && share <= 1);
  }
}

const verdictsOf = (report: Report): [string, string, number][] =>
  report.sites.map((site) => [site.fingerprint, site.verdict, site.confidence]);

const programs = [...leakingPrograms, ...innocentPrograms];
const program = fc.constantFrom(...programs);
const run = fc.record({
  duration: fc.constantFrom(3, 12, 20, 45),
  rate: fc.constantFrom(20, 60, 150),
  seed: fc.nat({ max: 1000 }),
  cohortSeconds: fc.constantFrom(1, 2, 5),
  intervalMs: fc.constantFrom(500, 1000),
});
const anyCapture = fc.tuple(program, run).map(([which, how]) => captureOf(which, how));
const [plainLeak] = leakingPrograms;
assert.ok(plainLeak !== undefined);
const quick = { numRuns: 40 };

describe('every report', () => {
  it('is the same each time, and the same when it was asked for at every sample', () => {
    fc.assert(
      fc.property(anyCapture, (capture) => {
        const once = JSON.stringify(analyze(capture));
        assert.equal(JSON.stringify(analyze(capture)), once);
        const live = new Analyzer(capture.intervalMs);
        let last: Report | undefined;
        for (const sample of capture.samples) {
          live.add(sample);
          last = live.report(capture);
          assertSane(last);
        }
        if (last !== undefined) assert.equal(JSON.stringify(last), once);
      }),
      quick,
    );
  });

  it('does not depend on how stacks are numbered', () => {
    fc.assert(
      fc.property(anyCapture, fc.nat(), (capture, seed) => {
        const count = capture.stacks.length;
        const order = capture.stacks.map((_, stack) => (stack + seed) % count);
        const report = analyze(renumberStacks(capture, order));
        assert.deepEqual(verdictsOf(report), verdictsOf(analyze(capture)));
      }),
      quick,
    );
  });

  it('scales with the bytes, and judges the same', () => {
    fc.assert(
      fc.property(anyCapture, fc.constantFrom(2, 3, 1000), (capture, factor) => {
        const plain = analyze(capture);
        const scaled = analyze(scaleBytes(capture, factor));
        assert.deepEqual(verdictsOf(scaled), verdictsOf(plain));
        plain.sites.forEach((site, i) => {
          const expected = site.trend.bytesPerSecond * factor;
          const actual = scaled.sites[i]?.trend.bytesPerSecond ?? NaN;
          assert.ok(Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected)));
        });
      }),
      quick,
    );
  });

  it('takes no notice of the calendar clock', () => {
    fc.assert(
      fc.property(anyCapture, fc.array(fc.integer()), (capture, steps) => {
        const stepped = mapSamples(capture, (sample, i) => ({
          ...sample,
          unixMs: sample.unixMs + (steps[i % Math.max(1, steps.length)] ?? 0),
        }));
        assert.equal(JSON.stringify(analyze(stepped)), JSON.stringify(analyze(capture)));
      }),
      quick,
    );
  });

  it('survives lost samples, and still finds a plain leak', () => {
    const kept = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(run, kept, (how, keep) => {
        const whole = captureOf(plainLeak, { ...how, duration: 45 });
        const last = whole.samples.length - 1;
        const thin = withoutSamples(whole, (i) => i !== last && keep[i % keep.length] !== true);
        const { samples } = thin;
        const report = analyze(thin);
        assertSane(report);
        assert.equal(report.sites[0]?.outstandingCount, analyze(whole).sites[0]?.outstandingCount);
        if (samples.length >= 12) assert.equal(report.sites[0]?.verdict, 'leak');
      }),
      quick,
    );
  });

  it('takes a suspended machine for no time at all', () => {
    const capture = captureOf(plainLeak, { duration: 40, rate: 50, seed: 1 });
    const slept = mapSamples(capture, (sample, i) =>
      i < 20
        ? sample
        : {
            ...sample,
            timeNs: sample.timeNs + 3600e9,
            cohort: { ...sample.cohort, startNs: sample.cohort.startNs + 3600e9 },
          },
    );
    // The sample at which the machine wakes finds nothing changed.
    const before = slept.samples[19];
    assert.ok(before !== undefined);
    const woken = { ...before, sequence: 20, timeNs: before.timeNs + 3600e9, counters: [] };
    const samples = [
      ...slept.samples.slice(0, 20),
      woken,
      ...slept.samples.slice(20).map((sample) => ({ ...sample, sequence: sample.sequence + 1 })),
    ];
    const report = analyze({ ...slept, samples });
    assert.equal(report.gaps.length, 1);
    assert.equal(report.gaps[0]?.idle, true);
    const site = report.sites[0];
    assert.equal(site?.verdict, 'leak');
    const rate = site.residue?.bytesPerSecond ?? 0;
    assert.ok(Math.abs(rate - 6000) < 300, `${rate} B/s`);
  });

  it('goes on where the clock of the agent steps back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 44 }), fc.integer({ min: 1, max: 100 }), (at, by) => {
        const capture = captureOf(plainLeak, { duration: 45, rate: 50, seed: 1 });
        const stepped = mapSamples(capture, (sample, i) =>
          i < at ? sample : { ...sample, timeNs: Math.max(0, sample.timeNs - by * 1e9) },
        );
        const report = analyze(stepped);
        assertSane(report);
        assert.equal(report.sites[0]?.verdict, 'leak');
      }),
      quick,
    );
  });

  it('begins again where the counters do', () => {
    fc.assert(
      fc.property(anyCapture, anyCapture, (first, second) => {
        const report = analyze(joinRestarted(first, second));
        assertSane(report);
        const alone = analyze(second);
        if (report.restarts === 1) {
          assert.deepEqual(
            report.sites.map((site) => [site.fingerprint, site.verdict]),
            alone.sites.map((site) => [site.fingerprint, site.verdict]),
          );
        }
      }),
      quick,
    );
  });

  it('is sane for no sample, one sample, and the first few', () => {
    fc.assert(
      fc.property(anyCapture, fc.nat({ max: 4 }), (capture, count) => {
        const report = analyze({ ...capture, samples: capture.samples.slice(0, count) });
        assertSane(report);
        assert.ok(report.sites.every((site) => site.verdict === 'insufficient data'));
      }),
      quick,
    );
  });

  it('is sane for any numbers that the protocol allows', () => {
    const size = fc.oneof(fc.nat({ max: 100 }), fc.maxSafeNat());
    const counter = fc.tuple(fc.nat({ max: 5 }), size, size, size, size, size);
    const hostile = fc.array(
      fc.record({
        sequence: fc.nat({ max: 30 }),
        timeNs: size,
        cohort: fc.record({ index: size, startNs: size }),
        counters: fc.array(counter, { maxLength: 8 }),
        allocations: size,
        lost: size,
      }),
      { maxLength: 30 },
    );
    const empty: Capture = captureOf(plainLeak, { duration: 1, rate: 20, seed: 1 });
    const shape = empty.samples[0];
    assert.ok(shape !== undefined);
    fc.assert(
      fc.property(hostile, (samples) => {
        const capture = {
          ...empty,
          samples: samples.map(({ allocations, lost, ...rest }) => ({
            ...shape,
            ...rest,
            totals: { ...shape.totals, allocations },
            losses: { ...shape.losses, blocksFull: lost, freesMissed: lost },
          })),
        };
        assertSane(analyze(capture));
      }),
      { numRuns: 300 },
    );
  });
});
