import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flame, FlameNode } from '../protocol/view.ts';
import { layout, neighbour, ROOT } from './flameLayout.ts';

function node(id: number, parent: number | null, bytes: number): FlameNode {
  const name = `f${id}`;
  return {
    id,
    parent,
    frame: { name, short: name, file: null, line: null, module: '', owned: true, inlined: false },
    bytes,
    count: 1,
    verdict: 'steady',
    site: 0,
    stack: 0,
    at: 0,
  };
}

// f0 (800) over f1 (500) and f2 (200), f2 over f3 (2); beside f0, f4 (200).
const flame: Flame = {
  totalBytes: 1000,
  totalCount: 5,
  hiddenNodes: 0,
  nodes: [node(0, null, 800), node(1, 0, 500), node(2, 0, 200), node(3, 2, 2), node(4, null, 200)],
};
const places = (zoom: number, narrowest = 0.01): unknown[] =>
  layout(flame, zoom, narrowest).map((it) => [it.id, it.depth, it.left, it.width]);

test('boxes are as wide as their bytes, beside each other beneath their caller', () => {
  assert.deepEqual(places(ROOT), [
    [ROOT, 0, 0, 1],
    [0, 1, 0, 0.8],
    [1, 2, 0, 0.5],
    [2, 2, 0.5, 0.2],
    [4, 1, 0.8, 0.2],
  ]);
});

test('a box too narrow to be seen is left out', () => {
  assert.ok(layout(flame, ROOT, 0.001).some((it) => it.id === 3));
  assert.ok(!layout(flame, ROOT, 0.01).some((it) => it.id === 3));
});

test('zoomed, a box and its callers fill the width, and nothing else is beside them', () => {
  assert.deepEqual(places(2, 0.001), [
    [ROOT, 0, 0, 1],
    [0, 1, 0, 1],
    [2, 2, 0, 1],
    [3, 3, 0, 0.01],
  ]);
  assert.deepEqual(
    layout(flame, 2, 0.001).map((it) => it.above),
    [true, true, false, false],
  );
  assert.deepEqual(places(77), places(ROOT));
});

test('steps lead to callers, to the largest callee and to neighbours, and end at the edges', () => {
  const boxes = layout(flame, ROOT, 0.001);
  assert.equal(neighbour(boxes, ROOT, 'callee'), 0);
  assert.equal(neighbour(boxes, 0, 'callee'), 1);
  assert.equal(neighbour(boxes, 1, 'next'), 2);
  assert.equal(neighbour(boxes, 2, 'next'), 2);
  assert.equal(neighbour(boxes, 2, 'caller'), 0);
  assert.equal(neighbour(boxes, 0, 'caller'), ROOT);
  assert.equal(neighbour(boxes, ROOT, 'caller'), ROOT);
  assert.equal(neighbour(boxes, 3, 'first'), ROOT);
  assert.equal(neighbour(boxes, 3, 'callee'), 3);
});

test('nothing outstanding has no boxes', () => {
  assert.deepEqual(layout({ ...flame, totalBytes: 0, nodes: [] }, ROOT, 0.01), []);
});
