import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteRow as rowDecoder, siteDetail as detailDecoder } from '../../../protocol/view.ts';
import { frameSample, siteSample } from '../testing/samples.ts';
import { siteDetail, siteFigures, siteRow } from './sites.ts';
import type { WindowSurvivors } from './window.ts';

const SECOND = 1_000_000_000;

test('a row shows the blamed frame, and the innermost where none is owned', () => {
  const [figures] = siteFigures([siteSample()]);
  assert.ok(figures !== undefined);
  const row = rowDecoder.parse(siteRow(figures));
  assert.equal(row.frame.short, 'open_session');
  assert.equal(row.frame.line, 31);

  const foreign = frameSample({ function: '', owned: false, module: '/lib/libz.so', file: 'x' });
  const stacks = siteSample().stacks.map((it) => ({ ...it, frames: [foreign] }));
  const [unowned] = siteFigures([siteSample({ blamed: undefined, stacks })]);
  assert.ok(unowned !== undefined);
  assert.equal(siteRow(unowned).frame.short, 'libz.so 0x1234');
});

test('figures that are not numbers become some that the page can decode', () => {
  const site = siteSample({
    confidence: NaN,
    residue: undefined,
    trend: {
      bytesPerSecond: NaN,
      interceptBytes: NaN,
      interval: [-Infinity, Infinity],
      rSquared: NaN,
      robustBytesPerSecond: Infinity,
    },
  });
  const [figures] = siteFigures([site]);
  assert.ok(figures !== undefined);
  assert.equal(rowDecoder.parse(siteRow(figures)).bytesPerSecond, 0);
  const detail = detailDecoder.parse(siteDetail(site));
  assert.equal(detail.interval, null);
  assert.equal(detail.trend, null);
});

test('in a window a row has the survivors, and sites without any are gone', () => {
  const left = siteSample();
  const stack = left.stacks[0]?.stack ?? -1;
  const gone = siteSample({ stacks: left.stacks.map((it) => ({ ...it, stack: it.stack + 100 })) });
  const survivor = { bytes: 600, count: 3, bornBytes: 900, bornCount: 5, series: [] };
  const window: WindowSurvivors = {
    fromNs: 10 * SECOND,
    toNs: 20 * SECOND,
    timeNs: [],
    byStack: new Map([[stack, survivor]]),
  };
  const figures = siteFigures([gone, left], window);
  assert.deepEqual(
    figures.map((it) => [it.site === left, it.bytes, it.count, it.bytesPerSecond]),
    [[true, 600, 3, 60]],
  );
  const detail = siteDetail(left, window.byStack);
  assert.deepEqual(
    detail.stacks.map((it) => it.outstandingBytes),
    [600],
  );
  assert.equal(detail.trend, null);
});

test('cohorts too many to be told apart are joined, and nothing gets lost', () => {
  const cohorts = Array.from({ length: 721 }, (_, at) => ({
    startNs: at * SECOND,
    endNs: (at + 1) * SECOND,
    born: 10,
    bornBytes: 100,
    alive: at % 10,
    aliveBytes: 10 * (at % 10),
  }));
  const { cohorts: joined } = siteDetail(siteSample({ cohorts }));
  assert.ok(joined.length <= 120);
  const total = (of: (it: (typeof joined)[number]) => number): number =>
    joined.reduce((sum, it) => sum + of(it), 0);
  assert.equal(
    total((it) => it.born),
    7210,
  );
  assert.equal(
    total((it) => it.alive),
    cohorts.reduce((sum, it) => sum + it.alive, 0),
  );
  assert.equal(joined[0]?.startNs, 0);
  assert.equal(joined.at(-1)?.endNs, 721 * SECOND);
});

test('only the largest stacks are listed, and the others counted', () => {
  const base = siteSample().stacks[0];
  assert.ok(base !== undefined);
  const stacks = Array.from({ length: 33 }, (_, at) => ({
    ...base,
    stack: at,
    outstandingBytes: at * 10,
  }));
  const detail = siteDetail(siteSample({ stacks }));
  assert.equal(detail.stacks.length, 20);
  assert.equal(detail.hiddenStacks, 13);
  assert.equal(detail.stacks[0]?.outstandingBytes, 320);
});
