/**
 * The verdicts of a capture: what the command line prints, the exports write and the editor shows.
 * Produced by analyze() from a Capture alone, the same each time.
 */
import type { Cost, Frame, Losses, StackEnd } from '../../protocol/agent.ts';

/** What a growing (or not growing) site is. */
export type Verdict =
  'leak' | 'growing' | 'cache' | 'warm-up' | 'sawtooth' | 'steady' | 'insufficient data';

/** Growth of outstanding bytes over time, as a straight line and how well it fits. */
export interface Trend {
  /** Least-squares slope of outstanding bytes, bytes/s. */
  readonly bytesPerSecond: number;
  /** Outstanding bytes of that line at the capture's start. */
  readonly interceptBytes: number;
  /** 95% confidence interval of the slope, bytes/s. */
  readonly interval: readonly [low: number, high: number];
  /** Coefficient of determination, 0 to 1. */
  readonly rSquared: number;
  /** Slope by a method that outliers and steps do not move, bytes/s. */
  readonly robustBytesPerSecond: number;
}

/** A slice of the capture: of the blocks born in it, how many are alive at the end. */
export interface CohortSurvival {
  readonly startNs: number;
  readonly endNs: number;
  readonly born: number;
  readonly bornBytes: number;
  readonly alive: number;
  readonly aliveBytes: number;
}

/** A frame of a stack, as a person reads it: location and inlined callee flattened into one list. */
export interface StackFrame extends Frame {
  /** Path of the module in the target's view; empty where none was mapped. */
  readonly module: string;
  readonly address: string;
  /** True where the source is the user's own: a file that is not under a system path. */
  readonly owned: boolean;
}

/** Outstanding bytes and blocks over time, one value per sample. */
export interface Series {
  readonly timeNs: readonly number[];
  readonly outstandingBytes: readonly number[];
  readonly outstandingCount: readonly number[];
  readonly allocatedBytes: readonly number[];
  readonly freedBytes: readonly number[];
}

export interface SiteStack {
  /** The agent's stack number in this capture. */
  readonly stack: number;
  readonly end: StackEnd;
  /** Innermost first. */
  readonly frames: readonly StackFrame[];
  readonly outstandingBytes: number;
  readonly outstandingCount: number;
  readonly allocations: number;
  readonly frees: number;
}

/** All stacks that share the owned allocation line. */
export interface Site {
  /** Survives a rebuild and a move of lines: a hash of the owned functions' names, not of addresses. */
  readonly fingerprint: string;
  readonly kind: 'heap' | 'mapping';
  /** The first frame whose source is owned; undefined where no frame is. */
  readonly blamed: StackFrame | undefined;
  readonly verdict: Verdict;
  /** 0 to 1: how sure the verdict is. */
  readonly confidence: number;
  /** One sentence in plain words: why this verdict. */
  readonly explanation: string;
  readonly trend: Trend;
  readonly outstandingBytes: number;
  readonly outstandingCount: number;
  readonly allocations: number;
  readonly frees: number;
  /** Oldest first. */
  readonly cohorts: readonly CohortSurvival[];
  readonly series: Series;
  /** Largest outstanding first; never empty. */
  readonly stacks: readonly SiteStack[];
}

/** Where the process's growth went, bytes from first to last sample. */
export interface Balance {
  readonly processGrowthBytes: number;
  readonly tracedGrowthBytes: number;
  readonly explanation: string;
}

export interface Report {
  /** Sites by verdict (leak first), then by growth, largest first. */
  readonly sites: readonly Site[];
  readonly durationNs: number;
  readonly samples: number;
  readonly balance: Balance;
  readonly losses: Losses;
  /** True where losses are so many that verdicts rest on partial data. */
  readonly partial: boolean;
  /** Each kind of loss that happened, in words; empty where nothing was lost. */
  readonly lossNotes: readonly string[];
  readonly cost: Cost;
  readonly stackEnds: Readonly<Record<StackEnd, number>>;
}
