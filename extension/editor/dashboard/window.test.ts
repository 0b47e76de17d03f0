import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capture, Sample } from '../../capture/capture.ts';
import type { Counter } from '../../../protocol/agent.ts';
import { analyze } from '../../analysis/analyze.ts';
import { sampleCapture } from '../../../test/webview/sampleCapture.ts';
import { sum } from './numbers.ts';
import { survivorSeries, windowSurvivors } from './window.ts';

const SECOND = 1_000_000_000;

/** A capture with a sample a second and a cohort every two; `counters` by sample, from 1 s on. */
function captureOf(counters: readonly (readonly Counter[])[]): Capture {
  const base = sampleCapture({ seconds: counters.length });
  const samples = base.samples.map((sample, at): Sample => {
    const index = Math.floor(at / 2);
    return {
      ...sample,
      cohort: { index, startNs: index * 2 * SECOND },
      counters: [...(counters[at] ?? [])],
    };
  });
  return { ...base, samples };
}

test('survivors are what was born in the window and is alive at its end', () => {
  const capture = captureOf([
    [[0, 0, 10, 1000, 0, 0]],
    [],
    // Three blocks of the second cohort, one of which dies in the window.
    [[0, 1, 3, 300, 0, 0]],
    // Older blocks die in the window: they are not the window's.
    [
      [0, 0, 10, 1000, 10, 1000],
      [0, 1, 3, 300, 1, 100],
    ],
    // What happens behind the window does not count.
    [[0, 1, 3, 300, 3, 300]],
    [[0, 2, 5, 500, 0, 0]],
  ]);
  const window = windowSurvivors(capture, { fromNs: 2 * SECOND, toNs: 4 * SECOND });
  assert.deepEqual(
    { fromNs: window?.fromNs, toNs: window?.toNs },
    { fromNs: 2 * SECOND, toNs: 4 * SECOND },
  );
  const survivors = window?.byStack.get(0);
  assert.deepEqual(
    [survivors?.bytes, survivors?.count, survivors?.bornBytes, survivors?.bornCount],
    [200, 2, 300, 3],
  );
  assert.deepEqual(window?.timeNs, [2 * SECOND, 3 * SECOND, 4 * SECOND]);
  assert.deepEqual(survivors?.series, [0, 300, 200]);
});

test('edges move to the nearest cohort and the nearest sample, whichever is dragged first', () => {
  const capture = captureOf([[], [], [], [], [], []]);
  const window = windowSurvivors(capture, { fromNs: 4.4 * SECOND, toNs: 2.7 * SECOND });
  assert.deepEqual([window?.fromNs, window?.toNs], [2 * SECOND, 4 * SECOND]);
});

test('a window at the very end or of no length still holds a sample, where there is one', () => {
  const capture = captureOf([[], [], [[0, 1, 1, 64, 0, 0]]]);
  const late = windowSurvivors(capture, { fromNs: 9 * SECOND, toNs: 9 * SECOND });
  assert.deepEqual([late?.fromNs, late?.toNs], [2 * SECOND, 3 * SECOND]);
  assert.equal(late?.byStack.get(0)?.bytes, 64);
  assert.equal(windowSurvivors(captureOf([]), { fromNs: 0, toNs: SECOND }), undefined);
});

test('a stack that appears late had nothing before', () => {
  const capture = captureOf([[[0, 0, 1, 10, 0, 0]], [], [[1, 1, 2, 20, 0, 0]]]);
  const window = windowSurvivors(capture, { fromNs: 0, toNs: 3 * SECOND });
  assert.ok(window !== undefined);
  assert.deepEqual(survivorSeries(window, [1]), [0, 0, 0, 20]);
  assert.deepEqual(survivorSeries(window, [0, 1]), [0, 10, 10, 30]);
});

test('the window over everything holds what the report holds', () => {
  const capture = sampleCapture({ seconds: 400 });
  const report = analyze(capture);
  const window = windowSurvivors(capture, { fromNs: 0, toNs: 400 * SECOND });
  assert.ok(window !== undefined);
  for (const site of report.sites) {
    const bytes = site.stacks.map((it): number => window.byStack.get(it.stack)?.bytes ?? 0);
    assert.equal(sum(bytes), site.outstandingBytes);
  }
  assert.ok(window.timeNs.length <= 240);
  assert.equal(window.timeNs.at(-1), 400 * SECOND);
});
