/**
 * Sites that grow as one thing: the blocks of one are held by the container of the other, so what is
 * true of the container's growth is true of theirs. A cache's entries are seldom allocated on the
 * line that grows its index.
 */
import { baseName } from './fingerprint.ts';
import type { StackFrame } from './report.ts';
import type { Level } from './shape.ts';

/** Intervals whose growth is compared. */
const INTERVALS = 6;

/** Owned callers, from the allocation outwards, within which two sites must meet. */
const NEAREST_OWNED = 3;

/** The functions of the nearest owned frames. The outermost is left out where there are others: all
 *  that a program does meets in `main`. */
export function nearestOwnedFunctions(frames: readonly StackFrame[]): string[] {
  const owned = frames.filter((frame) => frame.owned).map((frame) => frame.function);
  return owned.slice(0, Math.min(NEAREST_OWNED, Math.max(1, owned.length - 1)));
}

function growthByInterval(level: Level): number[] {
  const n = level.count.length;
  const at = (interval: number): number =>
    level.count[Math.round((interval * (n - 1)) / INTERVALS)] ?? 0;
  return Array.from({ length: INTERVALS }, (_, i) => at(i + 1) - at(i));
}

const total = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0);

/**
 * True where two levels, on the same grid, gain the same number of blocks in every interval, or one
 * a whole multiple of the other (up to four blocks for an entry).
 * @param tolerance share by which an interval's growth may differ, beside two blocks
 */
export function growTogether(a: Level, container: Level, tolerance: number): boolean {
  const mine = growthByInterval(a);
  const theirs = growthByInterval(container);
  const ratio = Math.round(total(mine) / Math.max(1, total(theirs)));
  if (ratio < 1 || ratio > 4) return false;
  return agree(mine, theirs, ratio, tolerance);
}

/** True where the first gains a constant share of what the second gains: what some of the entries
 *  have. Chance moves such a share by more, so two standard deviations of a count are allowed. */
function growInProportion(a: Level, container: Level, tolerance: number): boolean {
  const mine = growthByInterval(a);
  const theirs = growthByInterval(container);
  const ratio = total(mine) / Math.max(1, total(theirs));
  return ratio > 0 && ratio < 1 && agree(mine, theirs, ratio, tolerance);
}

function agree(
  mine: readonly number[],
  theirs: readonly number[],
  ratio: number,
  tolerance: number,
): boolean {
  return mine.every((gain, i) => {
    const expected = ratio * (theirs[i] ?? 0);
    const chance = ratio < 1 ? 2 * Math.sqrt(Math.abs(expected)) : 2 * ratio;
    return Math.abs(gain - expected) <= tolerance * Math.abs(expected) + chance;
  });
}

/** What is compared of a site. */
export interface Grower {
  readonly group: {
    readonly blamed: StackFrame | undefined;
    readonly stacks: readonly { readonly frames: readonly StackFrame[] }[];
  };
  readonly evidence: { readonly growingLevel: Level };
}

/**
 * The line of the first site with bounded growth that grows together with this one, or a constant
 * multiple of it, and that a common function fills.
 * @returns `file:line`, or undefined
 */
export function findContainer(
  site: Grower,
  containers: readonly Grower[],
  tolerance: number,
): string | undefined {
  const functions = new Set(
    site.group.stacks.flatMap((stack) => nearestOwnedFunctions(stack.frames)),
  );
  const found = containers.find(
    (container) =>
      container.group.stacks.some((stack) =>
        nearestOwnedFunctions(stack.frames).some((name) => functions.has(name)),
      ) &&
      (growTogether(site.evidence.growingLevel, container.evidence.growingLevel, tolerance) ||
        growInProportion(site.evidence.growingLevel, container.evidence.growingLevel, tolerance)),
  );
  const blamed = found?.group.blamed;
  if (blamed === undefined) return undefined;
  return `${baseName(blamed.file ?? blamed.module)}:${blamed.line ?? 0}`;
}
