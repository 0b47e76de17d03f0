/** The list's order, its shown capture, and what listeners hear. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureSample, processSample, reportSample } from '../testing/samples.ts';
import { CaptureList } from './captureList.ts';
import { type OpenCapture, openCapture, suggestedName } from './openCapture.ts';

function sample(pid: number, running = false): OpenCapture {
  const start = { ...captureSample().start, process: processSample({ pid }) };
  return openCapture(captureSample({ start }), reportSample(), running, undefined);
}

test('a new capture is shown; an updated one changes nothing else', () => {
  const list = new CaptureList();
  const heard: string[] = [];
  list.onDidChange(({ kind, capture }) => heard.push(`${kind} ${capture?.title ?? 'none'}`));
  list.put(sample(1, true));
  list.put(sample(2));
  list.put(sample(1));
  assert.equal(list.shown?.title, 'server (2)');
  assert.deepEqual(
    list.all.map((it) => it.title),
    ['server (1)', 'server (2)'],
  );
  assert.deepEqual(list.running, []);
  assert.deepEqual(heard, [
    'added server (1)',
    'shown server (1)',
    'added server (2)',
    'shown server (2)',
    'updated server (1)',
  ]);
});

test('when the shown capture goes, the one opened last takes its place', () => {
  const list = new CaptureList();
  for (const pid of [1, 2, 3]) list.put(sample(pid));
  list.show(sample(1).id);
  list.remove(sample(1).id);
  assert.equal(list.shown?.title, 'server (3)');
  list.remove(sample(1).id);
  list.remove(sample(2).id);
  list.remove(sample(3).id);
  assert.equal(list.shown, undefined);
});

test('the growth of a capture is that of the sites that leak or grow', () => {
  assert.equal(sample(1).growth, 20_000);
});

test('a suggested file name holds target and time, and nothing that a path could misread', () => {
  assert.match(suggestedName(sample(1)), /^server-2023-11-1\d-\d{4}\.leaklens$/);
  const start = { ...captureSample().start, process: processSample({ name: '../../etc/$(x)' }) };
  const hostile = openCapture(captureSample({ start }), reportSample(), false, undefined);
  assert.match(suggestedName(hostile), /^etc_x-2023-/);
});
