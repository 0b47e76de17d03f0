/** The status bar's words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureSample, processSample, reportSample } from '../testing/samples.ts';
import { openCapture } from './openCapture.ts';
import { progressText, statusText, statusTooltip } from './statusText.ts';

const running = openCapture(captureSample(), reportSample(), true, undefined);
const started = captureSample().start.startedUnixMs;

test('target, elapsed time, growth and cost', () => {
  assert.equal(
    statusText([running], started + 42_000),
    '$(record) server · 0:42 · +1.2 MB/min · 0.4% of a core',
  );
  assert.match(
    statusTooltip([running]),
    /^server \(4242\): 12\.3 MB allocated and not freed, 1 leak/,
  );
});

test('before the first sample there is no growth, and after the last capture no text', () => {
  const early = openCapture(captureSample(), reportSample({ samples: 0 }), true, undefined);
  assert.equal(statusText([early], started), '$(record) server · 0:00');
  assert.equal(progressText(early), 'waiting for the first sample');
  assert.equal(statusText([], started), '');
});

test('two captures at once; a hostile name shows no icon', () => {
  const start = { ...captureSample().start, process: processSample({ name: '$(bug)' }) };
  const hostile = openCapture(captureSample({ start }), reportSample(), true, undefined);
  assert.equal(
    statusText([running, hostile], started),
    '$(record) \\$(bug) · 0:00 · +1.2 MB/min · 0.4% of a core · 2 captures',
  );
});

test('progress', () => {
  assert.equal(progressText(running), '2:00 · +1.2 MB/min · 1 leak');
});
