/**
 * Choosing a time window on a chart: by dragging, by dragging one of the window's edges, and by
 * keyboard, where Shift with the arrow keys selects as it does in text. Knows times and keys, and
 * nothing of pixels.
 */

export interface Range {
  readonly fromNs: number;
  readonly toNs: number;
}

/** What a key does to cursor and window. */
export interface KeyResult {
  readonly cursorNs: number;
  /** Undefined leaves the window as it is; null clears it. */
  readonly window: Range | null | undefined;
  readonly anchorNs: number | undefined;
}

/** Shares of the whole time that a step takes. */
const STEP = 0.01;
const LEAP = 0.1;

/** The range between two moments, whichever comes first; whole ns within [0, endNs]. */
export function rangeBetween(a: number, b: number, endNs: number): Range {
  const inside = (ns: number): number => Math.round(Math.min(endNs, Math.max(0, ns)));
  return { fromNs: inside(Math.min(a, b)), toNs: inside(Math.max(a, b)) };
}

/**
 * What a key press does; undefined for keys that mean nothing here. `anchorNs` is where a selection
 * by keyboard began, undefined while there is none.
 */
export function pressKey(
  key: string,
  shift: boolean,
  cursorNs: number | undefined,
  anchorNs: number | undefined,
  endNs: number,
): KeyResult | undefined {
  const at = cursorNs ?? endNs;
  if (key === 'Escape') return { cursorNs: at, window: null, anchorNs: undefined };
  const target = destination(key, at, endNs);
  if (target === undefined) return undefined;
  const next = Math.min(endNs, Math.max(0, target));
  if (!shift) return { cursorNs: next, window: undefined, anchorNs: undefined };
  const anchor = anchorNs ?? at;
  return { cursorNs: next, window: rangeBetween(anchor, next, endNs), anchorNs: anchor };
}

function destination(key: string, at: number, endNs: number): number | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return at - STEP * endNs;
    case 'ArrowRight':
    case 'ArrowUp':
      return at + STEP * endNs;
    case 'PageDown':
      return at - LEAP * endNs;
    case 'PageUp':
      return at + LEAP * endNs;
    case 'Home':
      return 0;
    case 'End':
      return endNs;
    default:
      return undefined;
  }
}

/**
 * Where a drag that begins at `ns` starts to select from: the other edge where it takes hold of an
 * edge of the window (within `reach`, ns), else the place itself.
 */
export function dragAnchor(ns: number, window: Range | null, reach: number): number {
  if (window === null) return ns;
  const fromStart = Math.abs(ns - window.fromNs);
  const fromEnd = Math.abs(ns - window.toNs);
  if (Math.min(fromStart, fromEnd) > reach) return ns;
  return fromStart < fromEnd ? window.toNs : window.fromNs;
}
