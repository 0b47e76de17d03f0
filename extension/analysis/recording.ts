/**
 * What is remembered of a capture's samples: one history for each stack, the process's memory at
 * each point of the grid, gaps and restarts.
 *
 * Samples are taken as they come. One that repeats or precedes another is left out; counters that
 * begin again (another agent took over) make everything begin again; a clock that steps back is
 * taken to have gone on by one interval.
 */
import type { Sample } from '../capture/capture.ts';
import { CohortClock, type Now } from './cohort-clock.ts';
import { unseenAllocations } from './loss-impact.ts';
import type { Gap } from './report.ts';
import { ageClass, StackHistory } from './stack-history.ts';
import { TimeGrid } from './time-grid.ts';

/** Intervals without a sample that make a gap. */
const GAP_INTERVALS = 5;

/** Values of the process at each point of the grid. */
interface ProcessSeries {
  /** Resident anonymous memory and swap, bytes. */
  readonly bytes: number[];
  /** Outstanding bytes over all stacks. */
  readonly traced: number[];
  readonly unknownFrees: number[];
  readonly allocations: number[];
  /** Allocations that no stack was charged with. */
  readonly unseen: number[];
}

function emptySeries(): ProcessSeries {
  return { bytes: [], traced: [], unknownFrees: [], allocations: [], unseen: [] };
}

export class Recording {
  readonly histories = new Map<number, StackHistory>();
  /** Stack of the allocation -> stack of the free -> blocks, an estimate. */
  readonly freeSites = new Map<number, Map<number, number>>();
  readonly gaps: Gap[] = [];
  restarts = 0;
  grid = new TimeGrid();
  clock = new CohortClock();
  process = emptySeries();
  first: Sample | undefined;
  last: Sample | undefined;
  readonly #intervalNs: number;
  /** Added to the agent's time to make it ascend. */
  #wallOffset = 0;

  /** @param intervalNs the time between samples that was asked for */
  constructor(intervalNs: number) {
    this.#intervalNs = Math.max(1, intervalNs);
  }

  get now(): Now {
    return {
      wallNs: this.grid.wallNs.at(-1) ?? 0,
      activeNs: this.grid.activeNs.at(-1) ?? 0,
    };
  }

  /** Active time of the first sample, ns. */
  get originNs(): number {
    return Math.min(this.#originNs, this.now.activeNs);
  }
  #originNs = 0;

  add(sample: Sample): void {
    const { last } = this;
    if (last !== undefined && this.#isStale(sample, last)) return;
    const before = this.now;
    if (last !== undefined && sample.totals.allocations < last.totals.allocations) {
      this.#restart(before.wallNs - sample.timeNs);
    }
    const now = this.#advance(sample, before);
    if (this.grid.add(now.wallNs, now.activeNs)) this.#halve();
    this.clock.learn(sample.cohort.index, {
      wallNs: Math.min(now.wallNs, sample.cohort.startNs + this.#wallOffset),
      activeNs: Math.max(
        before.activeNs,
        now.activeNs - Math.max(0, sample.timeNs - sample.cohort.startNs),
      ),
    });
    this.#count(sample, before, now);
    this.#countFreeSites(sample);
    const point = this.grid.current;
    this.process.bytes[point] = sample.process.anonymousBytes + sample.process.swapBytes;
    this.process.traced[point] = sample.totals.allocatedBytes - sample.totals.freedBytes;
    this.process.unknownFrees[point] = sample.totals.unknownFrees;
    this.process.allocations[point] = sample.totals.allocations;
    this.process.unseen[point] = unseenAllocations(sample.losses);
    this.first ??= sample;
    this.last = sample;
  }

  /** A sample that was seen already, or that arrives behind a later one of the same agent. */
  #isStale(sample: Sample, last: Sample): boolean {
    if (sample.sequence > last.sequence) return false;
    return sample.sequence === last.sequence
      ? sample.totals.allocations === last.totals.allocations
      : sample.sequence !== 0;
  }

  /** @param lead by which the time so far is ahead of the new agent's */
  #restart(lead: number): void {
    this.restarts += 1;
    this.histories.clear();
    this.freeSites.clear();
    this.grid = new TimeGrid();
    this.clock = new CohortClock();
    this.process = emptySeries();
    this.first = undefined;
    this.last = undefined;
    this.#wallOffset = lead < 0 ? 0 : lead + this.#intervalNs;
  }

  /** The sample's time on both clocks; notes a gap. */
  #advance(sample: Sample, before: Now): Now {
    const { last } = this;
    if (last === undefined) {
      const start = Math.min(sample.timeNs, sample.cohort.startNs);
      const wallNs = sample.timeNs + this.#wallOffset;
      this.#originNs = start + this.#wallOffset;
      return { wallNs, activeNs: wallNs };
    }
    let wallNs = sample.timeNs + this.#wallOffset;
    if (wallNs <= before.wallNs) {
      this.#wallOffset += before.wallNs + this.#intervalNs - wallNs;
      wallNs = before.wallNs + this.#intervalNs;
    }
    let passed = wallNs - before.wallNs;
    if (passed > GAP_INTERVALS * this.#intervalNs) {
      const idle =
        sample.totals.allocations === last.totals.allocations &&
        sample.totals.frees === last.totals.frees &&
        sample.totals.unknownFrees === last.totals.unknownFrees;
      this.gaps.push({ fromNs: before.wallNs, toNs: wallNs, idle });
      if (idle) passed = this.#intervalNs;
    }
    return { wallNs, activeNs: before.activeNs + passed };
  }

  #count(sample: Sample, before: Now, now: Now): void {
    const point = this.grid.current;
    const current = sample.cohort.index;
    const ages = new Map<number, number>();
    for (const counter of sample.counters) {
      const cohort = counter[1];
      let age = ages.get(cohort);
      if (age === undefined) {
        const endNs = cohort >= current ? now.activeNs : this.clock.activeEndNs(cohort);
        age = ageClass(Math.max(0, before.activeNs - (endNs ?? now.activeNs)));
        ages.set(cohort, age);
      }
      const stack = counter[0];
      let history = this.histories.get(stack);
      if (history === undefined) {
        history = new StackHistory();
        this.histories.set(stack, history);
      }
      if (history.update(counter, point, age)) continue;
      // This stack's counters began again, and nothing that was known of it holds any more.
      const fresh = new StackHistory();
      fresh.update(counter, point, 0);
      this.histories.set(stack, fresh);
    }
  }

  #countFreeSites(sample: Sample): void {
    for (const [allocation, free, blocks] of sample.freeSites) {
      let places = this.freeSites.get(allocation);
      if (places === undefined) {
        places = new Map();
        this.freeSites.set(allocation, places);
      }
      places.set(free, blocks);
    }
  }

  #halve(): void {
    for (const history of this.histories.values()) history.halve();
    const { bytes, traced, unknownFrees, allocations, unseen } = this.process;
    for (const values of [bytes, traced, unknownFrees, allocations, unseen]) {
      const kept = values.filter((_, index) => index % 2 === 1);
      // The newest sample's value is written next, at the point that it now shares.
      values.length = 0;
      values.push(...kept);
    }
  }
}
