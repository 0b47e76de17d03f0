/** Which lines are marked, where their source is, and when a mark is stale. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenCapture } from '../captures/openCapture.ts';
import { openCapture } from '../captures/openCapture.ts';
import { SourceLocator } from '../sources/sourceLocator.ts';
import {
  captureSample,
  frameSample,
  processSample,
  reportSample,
  siteSample,
} from '../testing/samples.ts';
import { collectMarks, MarkModel, type MarkSources } from './markModel.ts';

const started = processSample().startedUnixMs;

function sources(overrides: Partial<MarkSources> = {}): MarkSources {
  return {
    captures: () => [openCapture(captureSample(), reportSample(), false, undefined)],
    thresholds: () => ({ growing: true, minimumConfidence: 0.5, minimumBytesPerMinute: 0 }),
    dismissed: () => false,
    modifiedMs: () => Promise.resolve(started - 60_000),
    locator: new SourceLocator({
      exists: (path) => Promise.resolve(path.startsWith('/w/')),
      named: () => Promise.resolve([]),
    }),
    failed: (error) => {
      throw error;
    },
    ...overrides,
  };
}

test('a leak is marked on its blamed line, with its owned callers', async () => {
  const [mark, ...others] = await collectMarks(sources());
  assert.equal(others.length, 0);
  assert.deepEqual(
    { path: mark?.path, line: mark?.line, stale: mark?.stale, callers: mark?.callers },
    {
      path: '/w/src/server.cpp',
      line: 30,
      stale: false,
      callers: [{ path: '/w/src/server.cpp', line: 79, column: 0, name: 'main' }],
    },
  );
});

test('what is dismissed, below the thresholds, without line or without file here is not marked', async () => {
  const of = (...sites: Parameters<typeof siteSample>[0][]): (() => OpenCapture[]) => {
    const report = reportSample({ sites: sites.map(siteSample) });
    return () => [openCapture(captureSample(), report, false, undefined)];
  };
  const none = [
    sources({ dismissed: (fingerprint) => fingerprint === 'f1' }),
    sources({ captures: of({ confidence: 0.4 }) }),
    sources({ captures: of({ verdict: 'cache' }, { verdict: 'steady' }) }),
    sources({ captures: of({ blamed: undefined }) }),
    sources({ captures: of({ blamed: frameSample({ line: 0 }) }) }),
    sources({ captures: of({ blamed: frameSample({ file: '/elsewhere/x.cpp' }) }) }),
  ];
  for (const one of none) assert.deepEqual(await collectMarks(one), []);
});

test('of two captures that share a site the newest marks it', async () => {
  const captures = [60e9, 120e9].map((durationNs) =>
    openCapture(captureSample(), reportSample({ durationNs }), false, undefined),
  );
  const marks = await collectMarks(sources({ captures: () => captures }));
  assert.deepEqual(
    marks.map((mark) => mark.capture.report.durationNs),
    [120e9],
  );
});

test('a source that was written after the binary, or after the process started, is stale', async () => {
  const times = (source: number, binary: number | undefined): MarkSources =>
    sources({
      modifiedMs: (path) => Promise.resolve(path.endsWith('.cpp') ? source : binary),
    });
  const stale = async (of: MarkSources): Promise<boolean | undefined> =>
    (await collectMarks(of))[0]?.stale;
  assert.equal(await stale(times(started - 50_000, started - 60_000)), true);
  assert.equal(await stale(times(started + 50_000, undefined)), true);
  assert.equal(await stale(times(started + 50_000, started + 60_000)), true);
  assert.equal(await stale(times(started - 60_000, started - 60_000)), false);
});

test('many refreshes cost few rounds, and vanished marks are announced', async () => {
  let rounds = 0;
  let captures = sources().captures();
  const model = new MarkModel(
    sources({
      captures: () => {
        rounds += 1;
        return captures;
      },
    }),
  );
  const next = (): Promise<ReadonlySet<string>> =>
    new Promise((resolve) => {
      const once = model.onDidChange((paths) => {
        once.dispose();
        resolve(paths);
      });
    });
  for (let at = 0; at < 50; at += 1) model.refresh();
  await next();
  assert.ok(rounds <= 2);
  assert.equal(model.in('/w/src/server.cpp').length, 1);
  captures = [];
  model.refresh();
  // A round that had begun before may still announce the old marks.
  let touched: ReadonlySet<string> = new Set();
  while (model.paths.length > 0) touched = await next();
  assert.deepEqual(touched, new Set(['/w/src/server.cpp']));
  assert.ok(rounds <= 4);
});

test('new numbers alone are not told at once, but are there; a new verdict is told', async () => {
  const capture = (overrides: Parameters<typeof siteSample>[0]): readonly OpenCapture[] => [
    openCapture(captureSample(), reportSample({ sites: [siteSample(overrides)] }), true, undefined),
  ];
  let captures = capture({ outstandingCount: 1 });
  const model = new MarkModel(sources({ captures: () => captures }));
  let told = 0;
  model.onDidChange(() => (told += 1));
  const settle = async (next: readonly OpenCapture[]): Promise<void> => {
    captures = next;
    model.refresh();
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await settle(captures);
  await settle(capture({ outstandingCount: 2 }));
  assert.equal(told, 1);
  assert.equal(model.in('/w/src/server.cpp')[0]?.site.outstandingCount, 2);
  await settle(capture({ verdict: 'growing' }));
  assert.equal(told, 2);
});
