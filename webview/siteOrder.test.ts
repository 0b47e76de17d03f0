import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SiteRow } from '../protocol/view.ts';
import { descendsFirst, orderedRows } from './siteOrder.ts';

function row(id: number, overrides: Partial<SiteRow>, short = `f${id}`): SiteRow {
  return {
    id,
    frame: {
      name: `${short}()`,
      short,
      file: '/w/src/a.cpp',
      line: id,
      module: '/w/a',
      owned: true,
      inlined: false,
    },
    kind: 'heap',
    verdict: 'steady',
    confidence: 0.5,
    explanation: '',
    bytesPerSecond: 0,
    outstandingBytes: 0,
    outstandingCount: 0,
    spark: [],
    ...overrides,
  };
}

const rows = [
  row(1, { verdict: 'leak', bytesPerSecond: 5, explanation: 'Nothing is freed.' }, 'zeta'),
  row(2, { verdict: 'cache', bytesPerSecond: 50 }, 'alpha'),
  row(3, { verdict: 'growing', bytesPerSecond: 5 }, 'mid'),
];
const ids = (sorted: readonly SiteRow[]): number[] => sorted.map((it) => it.id);

test("without a choice the report's order stays", () => {
  assert.deepEqual(ids(orderedRows(rows, null, '')), [1, 2, 3]);
});

test('columns sort both ways, and equal rows keep their order', () => {
  const by = (column: 'rate' | 'site' | 'verdict', descending: boolean): number[] =>
    ids(orderedRows(rows, { column, descending }, ''));
  assert.deepEqual(by('rate', true), [2, 1, 3]);
  assert.deepEqual(by('rate', false), [1, 3, 2]);
  assert.deepEqual(by('site', false), [2, 3, 1]);
  assert.deepEqual(by('verdict', false), [1, 3, 2]);
  assert.ok(descendsFirst('rate') && !descendsFirst('site'));
});

test('the filter wants every word, in name, file, verdict or reason', () => {
  assert.deepEqual(ids(orderedRows(rows, null, 'LEAK freed')), [1]);
  assert.deepEqual(ids(orderedRows(rows, null, 'a.cpp')), [1, 2, 3]);
  assert.deepEqual(ids(orderedRows(rows, null, 'alpha leak')), []);
});
