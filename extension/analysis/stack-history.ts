/**
 * What is remembered of one call stack: its level at each point of the grid, its counters by birth
 * cohort, and the ages at which its blocks died. A few kilobytes at most, whatever the capture's
 * length. The numbers lie in plain arrays, row after row: ten thousand stacks would be a million
 * small objects otherwise.
 */
import type { Counter } from '../../protocol/agent.ts';

/**
 * Lower edges of the age classes, ns, each a half or a third wider than the one before. Class 0
 * holds the blocks of which it is not certain that they reached the first edge.
 */
export const AGE_EDGES_NS: readonly number[] = (() => {
  const edges = [0, 0.05e9];
  for (let octave = 0.125e9; edges.length < 46; octave *= 2) edges.push(octave, octave * 1.5);
  return edges;
})();

/** The age class of an age in ns: the last whose lower edge is not above it. */
export function ageClass(ageNs: number): number {
  let low = 0;
  let high = AGE_EDGES_NS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((AGE_EDGES_NS[middle] ?? Infinity) <= ageNs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** One value for each point of the grid. */
export interface Columns {
  readonly allocatedBytes: number[];
  readonly freedBytes: number[];
  readonly count: number[];
}

/** Sums by slice of births, see slices.ts. */
export interface Births {
  readonly born: number[];
  readonly bornBytes: number[];
  readonly alive: number[];
  readonly aliveBytes: number[];
}

/** Numbers in a row of #changes: point, allocated bytes, freed bytes, outstanding blocks. */
const CHANGE_WIDTH = 4;
/** Numbers in a row of #cohorts: cohort, allocations, allocated bytes, frees, freed bytes. */
const COHORT_WIDTH = 5;

export class StackHistory {
  allocations = 0;
  allocatedBytes = 0;
  frees = 0;
  freedBytes = 0;
  /** Deaths by age class. */
  readonly deaths: number[] = [];
  /** Rows, ascending by cohort; of equal ones, the last is the one that counts on. */
  readonly #cohorts: number[] = [];
  /** Rows, one for each point of the grid at which something changed, ascending. */
  readonly #changes: number[] = [];

  get outstandingCount(): number {
    return Math.max(0, this.allocations - this.frees);
  }

  get outstandingBytes(): number {
    return Math.max(0, this.allocatedBytes - this.freedBytes);
  }

  /**
   * Takes over one counter of a sample.
   * @param point of the grid, to which the sample belongs
   * @param age class in which blocks of that cohort that died since the last sample died
   * @returns false when the counter runs backwards, which leaves the history as it is
   */
  update(counter: Counter, point: number, age: number): boolean {
    const rows = this.#cohorts;
    // By index: this runs for every counter of every sample, and destructuring would iterate.
    const cohort = counter[1];
    const allocations = counter[2];
    const allocatedBytes = counter[3];
    const frees = counter[4];
    const freedBytes = counter[5];
    let row = this.#rowOf(cohort);
    let born = allocations - (rows[row + 1] ?? 0);
    let bornBytes = allocatedBytes - (rows[row + 2] ?? 0);
    let died = frees - (rows[row + 3] ?? 0);
    let diedBytes = freedBytes - (rows[row + 4] ?? 0);
    if (born < 0 || bornBytes < 0 || died < 0 || diedBytes < 0) {
      // The agent forgets a cohort whose last block is freed; one that comes back counts from zero.
      if (rows[row + 1] !== rows[row + 3]) return false;
      row += COHORT_WIDTH;
      rows.splice(row, 0, cohort, 0, 0, 0, 0);
      born = allocations;
      bornBytes = allocatedBytes;
      died = frees;
      diedBytes = freedBytes;
    }
    rows[row + 1] = allocations;
    rows[row + 2] = allocatedBytes;
    rows[row + 3] = frees;
    rows[row + 4] = freedBytes;
    this.allocations += born;
    this.allocatedBytes += bornBytes;
    this.frees += died;
    this.freedBytes += diedBytes;
    if (died > 0) {
      while (this.deaths.length <= age) this.deaths.push(0);
      this.deaths[age] = (this.deaths[age] ?? 0) + died;
    }
    this.#remember(point);
    return true;
  }

  /** Adds the level at each point to the columns, which are all as long as the grid. */
  addTo(columns: Columns): void {
    const { allocatedBytes, freedBytes, count } = columns;
    const changes = this.#changes;
    for (let row = 0; row < changes.length; row += CHANGE_WIDTH) {
      const end = changes[row + CHANGE_WIDTH] ?? count.length;
      const allocated = changes[row + 1] ?? 0;
      const freed = changes[row + 2] ?? 0;
      const blocks = changes[row + 3] ?? 0;
      for (let point = changes[row] ?? 0; point < end; point += 1) {
        allocatedBytes[point] = (allocatedBytes[point] ?? 0) + allocated;
        freedBytes[point] = (freedBytes[point] ?? 0) + freed;
        count[point] = (count[point] ?? 0) + blocks;
      }
    }
  }

  /** Adds the births of each cohort to those of its slice. */
  addBirthsTo(births: Births, sliceOf: (cohort: number) => number): void {
    const { born, bornBytes, alive, aliveBytes } = births;
    const rows = this.#cohorts;
    for (let row = 0; row < rows.length; row += COHORT_WIDTH) {
      const slice = sliceOf(rows[row] ?? 0);
      const allocations = rows[row + 1] ?? 0;
      const allocated = rows[row + 2] ?? 0;
      born[slice] = (born[slice] ?? 0) + allocations;
      bornBytes[slice] = (bornBytes[slice] ?? 0) + allocated;
      alive[slice] = (alive[slice] ?? 0) + Math.max(0, allocations - (rows[row + 3] ?? 0));
      aliveBytes[slice] = (aliveBytes[slice] ?? 0) + Math.max(0, allocated - (rows[row + 4] ?? 0));
    }
  }

  /** Merges pairs of points, as the grid did: of two changes in a pair the later one stays. */
  halve(): void {
    const changes = this.#changes;
    let to = -CHANGE_WIDTH;
    for (let from = 0; from < changes.length; from += CHANGE_WIDTH) {
      const point = (changes[from] ?? 0) >> 1;
      if (to < 0 || changes[to] !== point) to += CHANGE_WIDTH;
      changes[to] = point;
      for (let i = 1; i < CHANGE_WIDTH; i += 1) changes[to + i] = changes[from + i] ?? 0;
    }
    changes.length = to + CHANGE_WIDTH;
  }

  /** Where the cohort's row begins; a new one is made where it belongs. */
  #rowOf(cohort: number): number {
    const rows = this.#cohorts;
    let row = rows.length - COHORT_WIDTH;
    // Most updates are of the youngest cohorts.
    while (row >= 0 && (rows[row] ?? 0) > cohort) row -= COHORT_WIDTH;
    if (row >= 0 && rows[row] === cohort) return row;
    row += COHORT_WIDTH;
    if (row === rows.length) rows.push(cohort, 0, 0, 0, 0);
    else rows.splice(row, 0, cohort, 0, 0, 0, 0);
    return row;
  }

  #remember(point: number): void {
    const changes = this.#changes;
    const row = changes.length - CHANGE_WIDTH;
    const outstanding = this.allocations - this.frees;
    if (row < 0 || changes[row] !== point) {
      changes.push(point, this.allocatedBytes, this.freedBytes, outstanding);
      return;
    }
    changes[row + 1] = this.allocatedBytes;
    changes[row + 2] = this.freedBytes;
    changes[row + 3] = outstanding;
  }
}
