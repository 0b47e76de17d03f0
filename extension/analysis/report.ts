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

/**
 * Blocks that were born in the capture and that do not die any more: what a leak leaves behind,
 * with the blocks that merely live for a while taken out.
 */
export interface Residue {
  /** Age beyond which blocks of this site no longer die; 0 where none was seen to die. */
  readonly settleAgeNs: number;
  /** The births that are judged: from the first that stayed to the last that is old enough. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Blocks and bytes that were born then and are alive. */
  readonly blocks: number;
  readonly bytes: number;
  /** Of all blocks born then, the share that is alive: 1 where nothing is ever freed. */
  readonly share: number;
  readonly bytesPerSecond: number;
  /** 95% confidence interval of `bytesPerSecond`, widened by what was lost. */
  readonly interval: readonly [low: number, high: number];
  /** Rate of the second half of these births divided by that of the first half. */
  readonly pace: number;
  /** Blocks that died after `settleAgeNs` all the same, of any birth. */
  readonly diedLater: number;
  /** Lower 95% bound of how long a block lives once it is older than `settleAgeNs`. */
  readonly minimumLifetimeNs: number;
}

/** Share of a site's blocks that live at least so long, by the life-table method. */
export interface SurvivalPoint {
  readonly ageNs: number;
  readonly share: number;
  /** Lower 95% confidence bound of `share`. */
  readonly low: number;
}

/** What holds a site's blocks, as far as the call stack tells. */
export type Holder = 'direct' | 'sequence' | 'keyed container';

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

/** Outstanding bytes and blocks over time; one value per sample, or per 2, 4, 8 ... samples in a
 *  long capture, each taken at the end of its slice. */
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

/** Where those blocks of a site that do not leak are freed. */
export interface FreedAt {
  /** The frame to look at in the freeing stack, chosen as a site's blamed frame is. */
  readonly frame: StackFrame | undefined;
  /** Estimated number of blocks freed there, and their share of the site's frees. */
  readonly blocks: number;
  readonly share: number;
}

/** All stacks that share the owned allocation line. */
export interface Site {
  /** Survives a rebuild and a move of lines: a hash of the owned functions' names, not of addresses. */
  readonly fingerprint: string;
  readonly kind: 'heap' | 'mapping';
  /** The first frame whose source is owned; failing that, the first frame in a module that is not
   *  the system's (which has no file then); undefined where no frame is either. */
  readonly blamed: StackFrame | undefined;
  readonly verdict: Verdict;
  /** 0 to 1: how sure the verdict is. */
  readonly confidence: number;
  /** One sentence in plain words: why this verdict. */
  readonly explanation: string;
  readonly trend: Trend;
  /** Growth that stays; undefined where all that is old enough dies, or nothing is old enough. */
  readonly residue: Residue | undefined;
  readonly holder: Holder;
  /** Youngest first; empty where no block was born. */
  readonly survival: readonly SurvivalPoint[];
  readonly outstandingBytes: number;
  readonly outstandingCount: number;
  readonly allocations: number;
  readonly frees: number;
  /** Oldest first. */
  readonly cohorts: readonly CohortSurvival[];
  readonly series: Series;
  /** Most frees first; empty where nothing was freed, or no free's stack is known. */
  readonly freedAt: readonly FreedAt[];
  /** The nearest owned caller that all leaking stacks have and no other stack of the site has;
   *  undefined where callers do not tell the two apart. */
  readonly through: StackFrame | undefined;
  /** Blamed frames of other lines whose leaking blocks belong to the objects that this line makes,
   *  in their constructors; those stacks and blocks are counted here. */
  readonly members: readonly StackFrame[];
  /** Largest outstanding first; never empty. */
  readonly stacks: readonly SiteStack[];
}

/** Where the process's growth went, bytes from first to last sample. */
export interface Balance {
  readonly processGrowthBytes: number;
  readonly tracedGrowthBytes: number;
  /** The part of it in sites that are leaking or growing. */
  readonly growingSitesBytes: number;
  /** Frees, in the same time, of blocks that were allocated before the capture. */
  readonly unknownFrees: number;
  readonly explanation: string;
}

/** When memory runs out if the leaks go on as they do. */
export interface Exhaustion {
  readonly bytesPerSecond: number;
  readonly limitBytes: number;
  readonly secondsLeft: number;
  readonly explanation: string;
}

/** A time in which no sample was taken: the machine slept, or samples were lost. */
export interface Gap {
  readonly fromNs: number;
  readonly toNs: number;
  /** True where the target did nothing meanwhile, so that the time does not count. */
  readonly idle: boolean;
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
  /** Undefined unless a leak is certain enough and a limit is known. */
  readonly exhaustion: Exhaustion | undefined;
  readonly gaps: readonly Gap[];
  /** How often the counters began again; what is judged is the time after the last restart. */
  readonly restarts: number;
  readonly stackEnds: Readonly<Record<StackEnd, number>>;
}
