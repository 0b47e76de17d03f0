/**
 * What the counted losses do to a judgement. They differ in kind: an allocation that was not
 * followed makes growth look smaller than it is, a free that was not seen makes a block look alive.
 * The second kind can invent a leak, so it is weighed against each site's survivors.
 */
import type { Losses } from '../../protocol/agent.ts';
import type { Sample } from '../capture/capture.ts';
import type { Thresholds } from './thresholds.ts';

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

/** @param sample the last one; undefined when there is none */
export function lossImpact(sample: Sample | undefined, thresholds: Thresholds): LossImpact {
  const losses = lossesOf(sample);
  const allocations = sample?.totals.allocations ?? 0;
  const frees = sample?.totals.frees ?? 0;
  const unseen =
    losses.blocksFull +
    losses.stacksFull +
    losses.countersFull +
    losses.threadsFull +
    losses.ringFull +
    losses.returnsMissed +
    losses.probesMissed / 2;
  const unseenShare = unseen === 0 ? 0 : Math.min(1, unseen / Math.max(allocations, unseen));
  // A dropped hit may be an entry, a return or a free; half of them count as frees.
  const missedFrees = losses.freesMissed + losses.probesMissed / 2;
  const missedFreesPerFree = missedFrees === 0 ? 0 : Math.min(1, missedFrees / Math.max(1, frees));
  const notes = (Object.keys(phrases) as (keyof Losses)[])
    .filter((kind) => losses[kind] > 0)
    .map((kind) => phrases[kind].replace('N', String(losses[kind])));
  return {
    unseenShare,
    missedFreesPerFree,
    partial:
      unseenShare > thresholds.partialLossShare ||
      missedFreesPerFree > thresholds.partialLossShare ||
      losses.unwindRowsFull > 0,
    insufficient: unseenShare > thresholds.insufficientLossShare,
    notes,
  };
}
