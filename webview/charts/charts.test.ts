import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dragAnchor, pressKey, rangeBetween } from './brush.ts';
import { nearestLine, valueAt, type Line } from './line.ts';
import { timeTicks, valueTicks } from './ticks.ts';

function line(key: string, timeNs: number[], values: number[]): Line {
  return { key, label: key, color: 'red', timeNs, values, width: 1, dash: [] };
}

test('a value is that of the nearest sample, and none beside the curve', () => {
  const curve = line('a', [10, 20, 30], [1, 2, 3]);
  assert.equal(valueAt(curve, 10), 1);
  assert.equal(valueAt(curve, 14), 1);
  assert.equal(valueAt(curve, 16), 2);
  assert.equal(valueAt(curve, 35), 3);
  assert.equal(valueAt(curve, 45), undefined);
  assert.equal(valueAt(curve, -5), undefined);
  assert.equal(valueAt(line('b', [], []), 10), undefined);
  assert.equal(valueAt(line('c', [5], [7]), 5), 7);
});

test('a click means the nearest curve within reach', () => {
  const lines = [line('a', [0, 10], [0, 100]), line('b', [0, 10], [50, 50])];
  assert.equal(nearestLine(lines, 10, 90, 20)?.key, 'a');
  assert.equal(nearestLine(lines, 10, 60, 20)?.key, 'b');
  assert.equal(nearestLine(lines, 10, 75, 20), undefined);
});

test('a range has its ends in order, within the capture, and whole', () => {
  assert.deepEqual(rangeBetween(50.4, 10.6, 100), { fromNs: 11, toNs: 50 });
  assert.deepEqual(rangeBetween(-20, 500, 100), { fromNs: 0, toNs: 100 });
});

test('keys move the cursor; with Shift they select from where they began', () => {
  const moved = pressKey('ArrowRight', false, 500, undefined, 1000);
  assert.deepEqual(moved, { cursorNs: 510, window: undefined, anchorNs: undefined });
  const first = pressKey('ArrowLeft', true, 500, undefined, 1000);
  assert.deepEqual(first, {
    cursorNs: 490,
    window: { fromNs: 490, toNs: 500 },
    anchorNs: 500,
  });
  const second = pressKey('PageUp', true, 490, 500, 1000);
  assert.deepEqual(second?.window, { fromNs: 500, toNs: 590 });
  assert.deepEqual(pressKey('Home', true, 40, undefined, 1000)?.window, { fromNs: 0, toNs: 40 });
  assert.equal(pressKey('ArrowRight', false, 1000, undefined, 1000)?.cursorNs, 1000);
  assert.equal(pressKey('ArrowLeft', false, undefined, undefined, 1000)?.cursorNs, 990);
  assert.equal(pressKey('Escape', false, 5, 6, 1000)?.window, null);
  assert.equal(pressKey('a', false, 5, undefined, 1000), undefined);
});

test('a drag that begins at an edge of the window moves that edge', () => {
  const window = { fromNs: 100, toNs: 200 };
  assert.equal(dragAnchor(103, window, 5), 200);
  assert.equal(dragAnchor(198, window, 5), 100);
  assert.equal(dragAnchor(150, window, 5), 150);
  assert.equal(dragAnchor(150, null, 5), 150);
});

test('marks of time are round seconds, never more than there is room for', () => {
  assert.deepEqual(timeTicks(60, 5), [0, 15, 30, 45, 60]);
  assert.deepEqual(timeTicks(185, 4), [0, 60, 120, 180]);
  assert.deepEqual(timeTicks(0, 5), [0]);
  for (const end of [0.3, 7, 59, 611, 3600, 86_400, 1e6])
    for (const most of [2, 5, 12]) assert.ok(timeTicks(end, most).length <= most + 1);
});

test('marks of values are 1, 2 or 5 times a power of ten', () => {
  assert.deepEqual(valueTicks(0, 2_000_000, 5), [0, 500_000, 1_000_000, 1_500_000, 2_000_000]);
  assert.deepEqual(valueTicks(-4, 9, 4), [0, 5]);
  assert.deepEqual(valueTicks(0, 1, 3), [0, 0.5, 1]);
  assert.deepEqual(valueTicks(5, 5, 4), []);
  assert.ok(valueTicks(0, 7.3e11, 6).length <= 6);
});
