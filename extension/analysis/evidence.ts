/**
 * Everything that a verdict looks at, for one site and for the process around it.
 */
import type { LossImpact } from './loss-impact.ts';
import type { Holder, StackFrame, Trend } from './report.ts';
import type { ResidueEvidence } from './residue.ts';
import type { Level } from './shape.ts';
import type { Thresholds } from './thresholds.ts';
import type { Window } from './window.ts';

export interface SiteEvidence {
  readonly trend: Trend;
  /** The site's level at each point of the judged window. */
  readonly level: Level;
  /** The same, of those stacks only that have living blocks. */
  readonly growingLevel: Level;
  readonly residue: ResidueEvidence | undefined;
  readonly outstandingCount: number;
  readonly outstandingBytes: number;
  readonly allocations: number;
  readonly frees: number;
  readonly holder: Holder;
  /** Of one of the site's stacks, innermost first. */
  readonly frames: readonly StackFrame[];
  /** Nearly all survivors come from stacks that never freed anything. */
  readonly neverFreed: boolean;
  /** A line whose growth may be bounded and with which this site grows in step, `file:line`. */
  readonly container: string | undefined;
}

/** The process and the capture that a site is seen in. */
export interface Setting {
  readonly thresholds: Thresholds;
  readonly samples: number;
  /** The part of the capture that is judged. */
  readonly window: Window;
  /** Active time from its beginning to its end, ns. */
  readonly watchedNs: number;
  /** Time between two points of the grid, seconds. */
  readonly resolutionSeconds: number;
  readonly losses: LossImpact;
  /** Active seconds of the grid's points in the window; the values below are at these points. */
  readonly seconds: readonly number[];
  /** Zeros, one for each point of the whole grid. */
  readonly nothing: readonly number[];
  /** The process's anonymous memory and swap at each point, bytes. */
  readonly processBytes: readonly number[];
  /** Outstanding bytes of all stacks at each point. */
  readonly tracedBytes: readonly number[];
  /** Cumulative frees of blocks from before the capture, at each point. */
  readonly unknownFrees: readonly number[];
}

/** What a value gained between a time and the end. */
export function gainSince(
  setting: Setting,
  values: readonly number[],
  fromSeconds: number,
): number {
  const at = setting.seconds.findIndex((seconds) => seconds >= fromSeconds);
  return at < 0 ? 0 : (values.at(-1) ?? 0) - (values[at] ?? 0);
}
