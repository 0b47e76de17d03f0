import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packCounters, unpackCounters } from './packed-counters.ts';

test('whole numbers of every size survive', () => {
  const number = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat());
  const counter = fc.tuple(number, number, number, number, number, number);
  fc.assert(
    fc.property(fc.array(counter), (counters) => {
      assert.deepEqual(unpackCounters(packCounters(counters)), counters);
    }),
  );
});

test('the borders of the encoding survive', () => {
  const borders = [0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35, Number.MAX_SAFE_INTEGER];
  for (const border of borders) {
    const counters = [[border, 0, border, 1, border, border] as const].map(
      (row): [number, number, number, number, number, number] => [...row],
    );
    assert.deepEqual(unpackCounters(packCounters(counters)), counters);
  }
});

test('a usual counter takes some fifteen bytes', () => {
  const packed = packCounters([[900, 35, 120_000, 30_720_000, 118_000, 30_208_000]]);
  assert.ok(packed.byteLength <= 18, `${packed.byteLength} bytes`);
});
