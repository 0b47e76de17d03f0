/**
 * What became of a leaking line's other blocks: where they are freed, and by which way into the
 * line the leaking ones came. Often this is the whole diagnosis: freed in the destructor, but not on
 * the error path.
 */
import type { FreedAt, StackFrame } from './report.ts';
import type { ResolvedStack } from './sites.ts';

/** Places that are worth showing. */
const LARGEST_PLACES = 8;

/** Share of a stack's blocks that live from which the stack counts as one that leaks. */
const LEAKING_SHARE = 0.5;

/**
 * The places where a site's blocks are freed, most frees first.
 * @param freeSites stack of the allocation -> stack of the free -> blocks
 */
export function freedPlaces(
  stacks: readonly ResolvedStack[],
  freeSites: ReadonlyMap<number, ReadonlyMap<number, number>>,
  resolve: (stack: number) => ResolvedStack,
): FreedAt[] {
  const byPlace = new Map<string, { frame: StackFrame | undefined; blocks: number }>();
  let all = 0;
  for (const stack of stacks) {
    for (const [free, blocks] of freeSites.get(stack.stack) ?? []) {
      const resolved = resolve(free);
      const known = byPlace.get(resolved.siteKey);
      all += blocks;
      if (known !== undefined) known.blocks += blocks;
      else byPlace.set(resolved.siteKey, { frame: resolved.frames[resolved.blamed], blocks });
    }
  }
  return [...byPlace]
    .sort(([keyA, a], [keyB, b]) => b.blocks - a.blocks || (keyA < keyB ? -1 : 1))
    .slice(0, LARGEST_PLACES)
    .map(([, place]) => ({ ...place, share: place.blocks / Math.max(1, all) }));
}

/** A stack's living and all its blocks. */
interface Counted {
  readonly outstandingCount: number;
  readonly allocations: number;
}

/** A frame's place in the source. */
function placeOf(frame: StackFrame): string {
  return `${frame.function}\n${frame.file ?? ''}\n${frame.line ?? 0}`;
}

/** The nearest owned caller of the blamed frame that tells leaking stacks from the others. */
export function leakingCaller(
  stacks: readonly (readonly [ResolvedStack, Counted])[],
): StackFrame | undefined {
  const callers = (stack: ResolvedStack): StackFrame[] =>
    stack.frames.slice(stack.blamed + 1).filter((frame) => frame.owned);
  const isLeaking = (counted: Counted): boolean =>
    counted.outstandingCount > LEAKING_SHARE * counted.allocations;
  const leaking = stacks.filter(([, counted]) => isLeaking(counted));
  const first = leaking[0];
  if (first === undefined || leaking.length === stacks.length) return undefined;
  const inClean = new Set(
    stacks
      .filter(([, counted]) => !isLeaking(counted))
      .flatMap(([stack]) => callers(stack).map(placeOf)),
  );
  const inLeaking = leaking.map(([stack]) => new Set(callers(stack).map(placeOf)));
  return callers(first[0]).find((frame) => {
    const place = placeOf(frame);
    return !inClean.has(place) && inLeaking.every((places) => places.has(place));
  });
}
