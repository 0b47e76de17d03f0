/**
 * The numbers on which verdicts turn, in one place: each says what it is compared with, and why its
 * default is what it is. docs/statistics.md explains the methods behind them.
 */

export interface Thresholds {
  /** Samples below which no site of a capture is judged: a line through fewer says nothing. */
  readonly minimumSamples: number;
  /** Observed time below which no site of a capture is judged, ns. */
  readonly minimumDurationNs: number;
  /** How long growth must have lasted to be called a leak, ns: what a program loads when it starts
   *  is mostly loaded by then. */
  readonly leakDurationNs: number;
  /** Blocks that must have stayed: six that stayed, none that died, and the rule of three says that
   *  such blocks live longer than the capture. */
  readonly minimumSurvivors: number;
  /** Lower bound of the survivors' expected lifetime, in captures. */
  readonly minimumLifetimes: number;
  /** Of the blocks that reached half of the capture's age, the share that may have died after it. */
  readonly oldDeathShare: number;
  /** Rate of the second half of the growth over that of the first, below which it is slowing
   *  down: a store that fills by chance draws from a bounded set is half full at 0.7. */
  readonly slowingRatio: number;
  /** Time since the last growth, in mean times between growths, beyond which it has stopped: a
   *  Poisson process pauses for five mean times once in 150 pauses. */
  readonly stoppedAfterGaps: number;
  /** Share of survivors from which a site counts as never freeing. */
  readonly neverFreedShare: number;
  /** Frees of blocks from before the capture, for each block that stayed, from which growth may be
   *  replacement. */
  readonly replacementShare: number;
  /** Fall of the outstanding bytes, as a share of the peak, that is a bulk release. */
  readonly releaseShare: number;
  /** How closely two sites' growth must agree to be the growth of one thing. */
  readonly lockstepTolerance: number;
  /** Share of allocations that may be lost before verdicts rest on partial data. */
  readonly partialLossShare: number;
  /** Share of allocations lost from which a verdict is withheld. */
  readonly insufficientLossShare: number;
  /** Missed frees that are expected in a site, as a share of its survivors, from which a verdict is
   *  withheld: each missed free looks like a block that stays. */
  readonly missedFreeShare: number;
  /** Confidence of a leak from which it is certain: `--until verdict` ends there. */
  readonly certainConfidence: number;
  /** Path prefixes whose sources and modules are not the user's own. */
  readonly systemPaths: readonly string[];
  /** Words in a function's or class's name that announce a bound. They only ever withhold a `leak`
   *  from growth that never freed anything; they never excuse growth that frees some and keeps some. */
  readonly boundedNames: readonly string[];
}

export const defaultThresholds: Thresholds = {
  minimumSamples: 8,
  minimumDurationNs: 8e9,
  leakDurationNs: 8e9,
  minimumSurvivors: 6,
  minimumLifetimes: 1,
  oldDeathShare: 0.02,
  slowingRatio: 0.6,
  stoppedAfterGaps: 5,
  neverFreedShare: 0.98,
  replacementShare: 0.5,
  releaseShare: 0.5,
  lockstepTolerance: 0.1,
  partialLossShare: 0.001,
  insufficientLossShare: 0.3,
  missedFreeShare: 0.3,
  certainConfidence: 0.9,
  systemPaths: [
    '/usr/include',
    '/usr/lib',
    '/usr/lib32',
    '/usr/lib64',
    '/usr/libexec',
    '/usr/share',
    '/usr/src/debug',
    '/usr/local/include',
    '/usr/local/lib',
    '/lib',
    '/lib32',
    '/lib64',
    '/build',
    '/rustc',
  ],
  boundedNames: ['cache', 'lru', 'memo', 'memoize', 'memoized', 'intern', 'interned'],
};

/** The defaults with the given ones in their place. */
export function withDefaults(thresholds: Partial<Thresholds> = {}): Thresholds {
  return { ...defaultThresholds, ...thresholds };
}
