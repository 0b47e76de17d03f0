import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { verdict, viewState, viewUpdate, type ViewState } from './view.ts';
import { applyUpdate, isEmptyUpdate, updateBetween } from './viewUpdate.ts';

const small = fc.nat({ max: 3 });

const curve = fc.array(fc.tuple(small, small), { maxLength: 4 }).map((points) => ({
  timeNs: points.map(([time]) => time),
  values: points.map(([, value]) => value),
}));

const row = fc.record({
  frame: fc.record({
    name: fc.constantFrom('f()', 'g()'),
    short: fc.constantFrom('f', 'g'),
    file: fc.option(fc.constant('a.cpp'), { nil: null }),
    line: fc.option(small, { nil: null }),
    module: fc.constant('/bin/a'),
    owned: fc.boolean(),
    inlined: fc.boolean(),
  }),
  kind: fc.constantFrom('heap' as const, 'mapping' as const),
  verdict: fc.constantFrom(...verdict.options),
  confidence: fc.constantFrom(0, 0.5, 1),
  explanation: fc.constantFrom('', 'because'),
  bytesPerSecond: small,
  outstandingBytes: small,
  outstandingCount: small,
  spark: fc.array(small, { maxLength: 3 }),
});

const state: fc.Arbitrary<ViewState> = fc
  .record({
    window: fc.option(
      fc.record({ fromNs: small, toNs: small, bornBytes: small, bornCount: small }),
      { nil: null },
    ),
    timeline: fc.option(
      fc.record({
        endNs: small,
        sites: fc.array(small, { maxLength: 2 }),
        others: small,
        gaps: fc.array(fc.record({ fromNs: small, toNs: small }), { maxLength: 1 }),
        baseline: fc.record({ residentBytes: small, anonymousBytes: small }),
      }),
      { nil: null },
    ),
    curves: fc.dictionary(fc.constantFrom('a', 'b', 'c'), curve),
    rows: fc.uniqueArray(fc.tuple(small, row), { selector: ([id]) => id, maxLength: 4 }),
  })
  .map(({ window, timeline, curves, rows }) => ({
    revision: 0,
    header: null,
    summary: null,
    window,
    timeline,
    curves: Object.entries(curves).map(([key, points]) => ({ key, ...points })),
    rows: rows.map(([id, it]) => ({ id, ...it })),
    detail: null,
    flame: null,
  }));

test('a state with the differences put in is the other state, also by way of JSON', () => {
  fc.assert(
    fc.property(state, state, (before, after) => {
      const from = viewState.parse({ ...before, revision: 7 });
      const to = viewState.parse({ ...after, revision: 9 });
      const update = viewUpdate.parse(JSON.parse(JSON.stringify(updateBetween(from, to))));
      assert.deepEqual(applyUpdate(from, update), to);
    }),
    { numRuns: 500 },
  );
});

test('equal states have no differences', () => {
  fc.assert(
    fc.property(state, (it) => {
      assert.ok(isEmptyUpdate(updateBetween(it, structuredClone(it))));
    }),
  );
});

const curves = (length: number): ViewState['curves'] => [
  {
    key: 'a',
    timeNs: Array.from({ length }, (_, at) => at),
    values: new Array<number>(length).fill(1),
  },
];
const blank: ViewState = {
  revision: 3,
  header: null,
  summary: null,
  window: null,
  timeline: null,
  curves: curves(600),
  rows: [],
  detail: null,
  flame: null,
};

test('a curve that grew is sent as its new end alone', () => {
  const update = updateBetween(blank, { ...blank, revision: 4, curves: curves(602) });
  assert.deepEqual(update, {
    base: 3,
    revision: 4,
    curves: [{ key: 'a', keep: 600, timeNs: [600, 601], values: [1, 1] }],
  });
});

test('parts that did not change stay the same objects, so that nothing draws them again', () => {
  const next = applyUpdate(blank, { base: 3, revision: 4, summary: null });
  assert.equal(next?.curves, blank.curves);
  assert.equal(next.rows, blank.rows);
});

test('an update that does not fit is refused', () => {
  assert.equal(applyUpdate(blank, { base: 2, revision: 4 }), undefined);
  assert.equal(applyUpdate(blank, { base: 3, revision: 4, rowOrder: [1] }), undefined);
  assert.equal(applyUpdate(blank, { base: 3, revision: 4, curveKeys: ['x'] }), undefined);
  const beyond = { key: 'a', keep: 601, timeNs: [], values: [] };
  assert.equal(applyUpdate(blank, { base: 3, revision: 4, curves: [beyond] }), undefined);
});
