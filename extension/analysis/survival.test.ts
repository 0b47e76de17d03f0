import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Slices } from './slices.ts';
import { AGE_EDGES_NS, ageClass } from './stack-history.ts';
import { lifeBeyond, lifeTable, meanInterval } from './survival.ts';

/** One slice a second, all of whose blocks have the given fate. */
function slicesWith(alive: readonly number[]): Slices {
  const count = alive.length;
  const startNs = alive.map((_, i) => i * 1e9);
  const endNs = alive.map((_, i) => (i + 1) * 1e9);
  return {
    table: { count, startNs, endNs, wallStartNs: startNs, wallEndNs: endNs, sliceOf: (c) => c },
    born: [...alive],
    bornBytes: [...alive],
    alive: [...alive],
    aliveBytes: [...alive],
  };
}

describe('survival', () => {
  it('is the ordinary share where nothing is censored', () => {
    // Of 80 blocks, 50 died in the first age class and 30 in the third.
    const points = lifeTable(slicesWith([]), [50, 0, 30], 0);
    assert.deepEqual(
      points.map(({ share }) => share),
      [1, 30 / 80, 30 / 80],
    );
  });

  it('counts the living as censored, not as survivors for ever', () => {
    // 100 blocks of age 9 s live; 100 died young: the curve falls to a half and stays.
    const points = lifeTable(slicesWith([100, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [100], 10e9);
    assert.equal(points.at(-1)?.share, 0.5);
    assert.ok((points.at(-1)?.low ?? 1) < 0.5);
    assert.equal(points.at(-1)?.ageNs, AGE_EDGES_NS[ageClass(9e9)]);
  });

  it('bounds a lifetime by the rule of three where nothing died', () => {
    const slices = slicesWith([10, 0, 0, 0]);
    const old = lifeBeyond(0, slices, { first: 0, last: 3 }, [], 4e9);
    assert.deepEqual(old, { alive: 10, died: 0, minimumLifetimeNs: (10 * 3e9) / 3 });
  });

  it('has a mean with the interval of Student', () => {
    const { mean, half } = meanInterval([1, 2, 3]);
    assert.equal(mean, 2);
    assert.ok(Math.abs(half - 4.303 / Math.sqrt(3)) < 1e-9);
    assert.deepEqual(meanInterval([]), { mean: 0, half: 0 });
  });
});
