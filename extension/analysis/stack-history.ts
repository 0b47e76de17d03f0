/**
 * What is remembered of one call stack: its level at each point of the grid, its counters by birth
 * cohort, and the ages at which its blocks died. A few kilobytes at most, whatever the capture's
 * length.
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

/** Values remembered for each grid point. */
export const Column = { allocatedBytes: 0, freedBytes: 1, outstandingCount: 2 } as const;
export type Column = (typeof Column)[keyof typeof Column];
const COLUMNS = 3;

/** Cumulative counters of one cohort. */
export interface CohortCounters {
  cohort: number;
  allocations: number;
  allocatedBytes: number;
  frees: number;
  freedBytes: number;
}

export class StackHistory {
  allocations = 0;
  allocatedBytes = 0;
  frees = 0;
  freedBytes = 0;
  /** Deaths by age class. */
  readonly deaths: number[] = [];
  /** Ascending by cohort; of equal ones, the last is the one that counts on. */
  readonly cohorts: CohortCounters[] = [];
  /** Point of the grid at which the stack was first seen. */
  #first = 0;
  /** Points held, from #first. */
  #length = 0;
  #values = new Float64Array(4 * COLUMNS);

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
    const [, cohort, allocations, allocatedBytes, frees, freedBytes] = counter;
    let known = this.#cohort(cohort);
    if (
      allocations < known.allocations ||
      allocatedBytes < known.allocatedBytes ||
      frees < known.frees ||
      freedBytes < known.freedBytes
    ) {
      // The agent forgets a cohort whose last block is freed; one that comes back counts from zero.
      if (known.allocations !== known.frees) return false;
      known = this.#insert(this.cohorts.indexOf(known) + 1, cohort);
    }
    const died = frees - known.frees;
    if (died > 0) {
      while (this.deaths.length <= age) this.deaths.push(0);
      this.deaths[age] = (this.deaths[age] ?? 0) + died;
    }
    this.allocations += allocations - known.allocations;
    this.allocatedBytes += allocatedBytes - known.allocatedBytes;
    this.frees += died;
    this.freedBytes += freedBytes - known.freedBytes;
    known.allocations = allocations;
    known.allocatedBytes = allocatedBytes;
    known.frees = frees;
    known.freedBytes = freedBytes;
    this.#remember(point);
    return true;
  }

  /** The value of a column at a point: the last one that was remembered at or before it. */
  at(point: number, column: Column): number {
    const index = Math.min(point - this.#first, this.#length - 1);
    return index < 0 ? 0 : (this.#values[index * COLUMNS + column] ?? 0);
  }

  /** Adds the column to `into`, whose length is that of the grid. */
  addTo(into: Float64Array, column: Column): void {
    const last = this.#length - 1;
    if (last < 0) return;
    for (let point = this.#first; point < into.length; point += 1) {
      const index = Math.min(point - this.#first, last);
      into[point] = (into[point] ?? 0) + (this.#values[index * COLUMNS + column] ?? 0);
    }
  }

  /** Merges pairs of points, as the grid did. */
  halve(): void {
    if (this.#length === 0) return;
    const oldFirst = this.#first;
    const oldLast = oldFirst + this.#length - 1;
    const first = oldFirst >> 1;
    const last = oldLast >> 1;
    for (let point = first; point <= last; point += 1) {
      const from = Math.min(2 * point + 1, oldLast) - oldFirst;
      const to = point - first;
      for (let column = 0; column < COLUMNS; column += 1) {
        this.#values[to * COLUMNS + column] = this.#values[from * COLUMNS + column] ?? 0;
      }
    }
    this.#first = first;
    this.#length = last - first + 1;
  }

  #cohort(cohort: number): CohortCounters {
    const cohorts = this.cohorts;
    let index = cohorts.length;
    // Most updates are of the youngest cohorts.
    while (index > 0 && (cohorts[index - 1]?.cohort ?? 0) > cohort) index -= 1;
    const found = cohorts[index - 1];
    if (found?.cohort === cohort) return found;
    return this.#insert(index, cohort);
  }

  #insert(index: number, cohort: number): CohortCounters {
    const added = { cohort, allocations: 0, allocatedBytes: 0, frees: 0, freedBytes: 0 };
    this.cohorts.splice(index, 0, added);
    return added;
  }

  #remember(point: number): void {
    if (this.#length === 0) this.#first = point;
    const index = point - this.#first;
    const needed = (index + 1) * COLUMNS;
    if (needed > this.#values.length) {
      const larger = new Float64Array(Math.max(needed, 2 * this.#values.length));
      larger.set(this.#values);
      this.#values = larger;
    }
    for (let gap = this.#length; gap < index; gap += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const from = (this.#length - 1) * COLUMNS + column;
        this.#values[gap * COLUMNS + column] = this.#values[from] ?? 0;
      }
    }
    this.#length = Math.max(this.#length, index + 1);
    this.#values[index * COLUMNS + Column.allocatedBytes] = this.allocatedBytes;
    this.#values[index * COLUMNS + Column.freedBytes] = this.freedBytes;
    this.#values[index * COLUMNS + Column.outstandingCount] = this.outstandingCount;
  }
}
