import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameSample, siteSample } from '../testing/samples.ts';
import type { Site, SiteStack } from '../../analysis/report.ts';
import { flameGraph, PathNumbers } from './flameGraph.ts';

function stackOf(stack: number, bytes: number, ...names: string[]): SiteStack {
  return {
    stack,
    end: 'complete',
    frames: names.map((name) => frameSample({ function: name, line: name.length })),
    outstandingBytes: bytes,
    outstandingCount: 2,
    allocations: 4,
    frees: 2,
  };
}

const leak = siteSample({
  verdict: 'leak',
  stacks: [stackOf(3, 700, 'grow', 'serve', 'main'), stackOf(5, 100, 'grow', 'reload', 'main')],
});
const steady = siteSample({
  verdict: 'steady',
  stacks: [stackOf(1, 300, 'parse', 'serve', 'main'), stackOf(2, 0, 'idle', 'main')],
});

test('bytes add up along the paths, callers before callees, the largest first', () => {
  const flame = flameGraph([leak, steady], new PathNumbers());
  assert.equal(flame.totalBytes, 1100);
  assert.equal(flame.totalCount, 6);
  assert.equal(flame.hiddenNodes, 0);
  assert.deepEqual(
    flame.nodes.map((it) => [it.frame.name, it.bytes, it.verdict]),
    [
      ['main', 1100, 'leak'],
      ['serve', 1000, 'leak'],
      ['grow', 700, 'leak'],
      ['parse', 300, 'steady'],
      ['reload', 100, 'leak'],
      ['grow', 100, 'leak'],
    ],
  );
  const names = new Map(flame.nodes.map((it) => [it.id, it.frame.name]));
  assert.deepEqual(
    flame.nodes.map((it) => (it.parent === null ? null : names.get(it.parent))),
    [null, 'main', 'serve', 'serve', 'main', 'reload'],
  );
});

test('each box names a frame of a stack by which its source is opened', () => {
  const flame = flameGraph([leak, steady], new PathNumbers());
  const serve = flame.nodes.find((it) => it.frame.name === 'serve');
  assert.deepEqual([serve?.stack, serve?.at, serve?.site], [3, 1, 3]);
});

test('a path keeps its number from one state to the next', () => {
  const numbers = new PathNumbers();
  const before = flameGraph([leak], numbers);
  const grown = siteSample({ ...steady, stacks: [stackOf(1, 9000, 'parse', 'serve', 'main')] });
  const after = flameGraph([leak, grown], numbers);
  const ids = (nodes: typeof after.nodes): Map<string, number> =>
    new Map(nodes.map((it) => [`${it.frame.name} ${it.stack}`, it.id]));
  assert.equal(ids(after.nodes).get('grow 3'), ids(before.nodes).get('grow 3'));
  assert.equal(after.nodes[0]?.id, before.nodes[0]?.id);
});

test('in a window only its survivors are drawn', () => {
  const survivor = { bytes: 40, count: 1, bornBytes: 90, bornCount: 3, series: [] };
  const flame = flameGraph([leak, steady], new PathNumbers(), new Map([[1, survivor]]));
  assert.deepEqual(
    flame.nodes.map((it) => [it.frame.name, it.bytes, it.count]),
    [
      ['main', 40, 1],
      ['serve', 40, 1],
      ['parse', 40, 1],
    ],
  );
});

test('of thousands of paths the largest are drawn and the others counted', () => {
  const stacks = Array.from({ length: 3000 }, (_, at) => stackOf(at, at + 1, `f${at}`, 'main'));
  const flame = flameGraph([siteSample({ stacks })], new PathNumbers());
  assert.equal(flame.nodes.length, 800);
  assert.equal(flame.hiddenNodes, 3001 - 800);
  assert.equal(flame.nodes[1]?.frame.name, 'f2999');
  const ids = new Set(flame.nodes.map((it) => it.id));
  assert.ok(flame.nodes.every((it) => it.parent === null || ids.has(it.parent)));
});

test('a stack of absurd depth is cut, and nothing outstanding draws nothing', () => {
  const deep = Array.from({ length: 20_000 }, (_, at) => `f${at}`);
  const site: Site = siteSample({ stacks: [stackOf(0, 10, ...deep)] });
  assert.equal(flameGraph([site], new PathNumbers()).nodes.length, 256);
  assert.deepEqual(flameGraph([], new PathNumbers()).nodes, []);
});
