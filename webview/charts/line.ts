/** What a time chart draws, and how its values are looked up. */

/** A curve over time. */
export interface Line {
  readonly key: string;
  readonly label: string;
  readonly color: string;
  readonly timeNs: readonly number[];
  readonly values: readonly number[];
  readonly width: number;
  /** Lengths of strokes and gaps in pixels; empty for a line without gaps. */
  readonly dash: readonly number[];
  /** Colour of the area between the line and zero. */
  readonly fill?: string | undefined;
}

/** An area between two curves. */
export interface Band {
  readonly color: string;
  readonly timeNs: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The curve's value at the sample nearest to `ns`; undefined where it has none. */
export function valueAt(line: Line, ns: number): number | undefined {
  const { timeNs, values } = line;
  const first = timeNs[0];
  const last = timeNs.at(-1);
  if (first === undefined || last === undefined) return undefined;
  // A curve that covers a part of the time has no value beside it.
  const slack = (last - first) / Math.max(1, timeNs.length - 1);
  if (ns < first - slack || ns > last + slack) return undefined;
  let low = 0;
  let high = timeNs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timeNs[middle] ?? 0) < ns) low = middle + 1;
    else high = middle;
  }
  const after = timeNs[low] ?? last;
  const before = timeNs[low - 1];
  return before !== undefined && ns - before < after - ns ? values[low - 1] : values[low];
}

/** The curve that passes nearest to a value at a moment, if within `reach`; both in the unit. */
export function nearestLine(
  lines: readonly Line[],
  ns: number,
  value: number,
  reach: number,
): Line | undefined {
  let nearest: Line | undefined;
  let distance = reach;
  for (const line of lines) {
    const here = valueAt(line, ns);
    if (here === undefined || Math.abs(here - value) > distance) continue;
    nearest = line;
    distance = Math.abs(here - value);
  }
  return nearest;
}
