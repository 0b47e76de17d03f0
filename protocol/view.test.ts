import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve, fromView, toView } from './view.ts';

test('what is no message is refused, in both directions', () => {
  for (const raw of [undefined, null, 'ready', {}, { type: 'eval' }, { type: 'state' }, []]) {
    assert.equal(fromView.safeParse(raw).success, false);
    assert.equal(toView.safeParse(raw).success, false);
  }
});

test('the page can ask by number only, and for nothing that is not listed', () => {
  const good = [
    { type: 'ready', choice: null },
    { type: 'select', site: 4 },
    { type: 'select', site: null },
    { type: 'window', fromNs: 0, toNs: 5 },
    { type: 'openFrame', stack: 1, frame: 2 },
    { type: 'command', command: 'startCapture' },
  ];
  for (const raw of good) assert.deepEqual(fromView.parse(raw), raw);
  const bad = [
    { type: 'select', site: -1 },
    { type: 'select', site: '4' },
    { type: 'window', fromNs: 0.5, toNs: 5 },
    { type: 'window', fromNs: 0, toNs: Infinity },
    { type: 'openFrame', stack: 1, frame: 2.5 },
    { type: 'openFrame', file: '/etc/passwd' },
    { type: 'command', command: 'workbench.action.terminal.new' },
  ];
  for (const raw of bad) assert.equal(fromView.safeParse(raw).success, false);
});

test('a curve whose times and values differ in number is refused', () => {
  assert.equal(curve.safeParse({ key: 'a', timeNs: [1, 2], values: [1] }).success, false);
  assert.equal(curve.safeParse({ key: 'a', timeNs: [1], values: [NaN] }).success, false);
  assert.equal(curve.safeParse({ key: 'a', timeNs: [1], values: [-4.5] }).success, true);
});
