/**
 * What the counted losses do to a judgement. They differ in kind: an allocation that was not
 * followed makes growth look smaller than it is, a free that was not seen makes a block look alive.
 * The second kind can invent a leak, so it is weighed against each site's survivors.
 */
import type { Losses } from '../../protocol/agent.ts';
import type { Sample } from '../capture/capture.ts';
import type { Thresholds } from './thresholds.ts';
import type { Window } from './window.ts';
import { timeInWords } from './words.ts';

export interface LossImpact {
  /** Allocations that no stack was charged with, as a share of all: 0 to 1. */
  readonly unseenShare: number;
  /** Frees that were not seen, for each one that was. */
  readonly missedFreesPerFree: number;
  /** Verdicts rest on partial data. */
  readonly partial: boolean;
  /** Too much is missing for any verdict on growth. */
  readonly insufficient: boolean;
  readonly notes: readonly string[];
}

const noLosses: Losses = {
  blocksFull: 0,
  stacksFull: 0,
  countersFull: 0,
  threadsFull: 0,
  ringFull: 0,
  unwindRowsFull: 0,
  stacksTruncated: 0,
  stacksGuessed: 0,
  returnsMissed: 0,
  freesMissed: 0,
  freeSitesFull: 0,
  probesMissed: 0,
};

/** One phrase for each kind, for a person, with "N" for the number. */
const phrases: Readonly<Record<keyof Losses, string>> = {
  blocksFull: 'N allocations were not followed: the table of live blocks was full',
  stacksFull: 'N allocations have no call stack: the table of stacks was full',
  countersFull: 'N allocations were not counted by line: the table of counters was full',
  threadsFull: 'N allocator calls were not seen: the table of threads was full',
  ringFull: 'N call stacks or mappings were not reported: the kernel’s buffer was full',
  unwindRowsFull: 'N code mappings have no unwind rows: their table was full',
  stacksTruncated:
    'N call stacks end early: they are deeper than the limit, or memory was unreadable',
  stacksGuessed: 'N call stacks rest on frame pointers, and may be wrong',
  returnsMissed: 'N allocations were not followed: their return was not seen',
  freesMissed: 'N frees were not seen',
  freeSitesFull: 'N frees have no known place: the table of places was full',
  probesMissed: 'N probe hits were dropped by the kernel',
};

export function lossesOf(sample: Sample | undefined): Losses {
  return sample?.losses ?? noLosses;
}

/** Allocations, so far, that no stack was charged with. A dropped hit may be an entry, a return or a
 *  free; half of them count as allocations. */
export function unseenAllocations(losses: Losses): number {
  return (
    losses.blocksFull +
    losses.stacksFull +
    losses.countersFull +
    losses.threadsFull +
    losses.ringFull +
    losses.returnsMissed +
    losses.probesMissed / 2
  );
}

/**
 * @param sample the last one; undefined when there is none
 * @param window of the capture that is judged
 */
export function lossImpact(
  sample: Sample | undefined,
  window: Window,
  thresholds: Thresholds,
): LossImpact {
  const losses = lossesOf(sample);
  const frees = sample?.totals.frees ?? 0;
  const missedFrees = losses.freesMissed + losses.probesMissed / 2;
  const missedFreesPerFree = missedFrees === 0 ? 0 : Math.min(1, missedFrees / Math.max(1, frees));
  const notes = (Object.keys(phrases) as (keyof Losses)[])
    .filter((kind) => losses[kind] > 0)
    .map((kind) => phrases[kind].replace('N', String(losses[kind])));
  if (!window.whole) {
    notes.push(
      `verdicts rest on the time from ${timeInWords(window.fromNs)} to ${timeInWords(window.untilNs)}, in which next to nothing was lost`,
    );
  }
  return {
    unseenShare: window.unseenShare,
    missedFreesPerFree,
    partial:
      !window.whole ||
      window.unseenShare > thresholds.partialLossShare ||
      missedFreesPerFree > thresholds.partialLossShare ||
      losses.unwindRowsFull > 0,
    insufficient: window.unseenShare > thresholds.insufficientLossShare,
    notes,
  };
}
