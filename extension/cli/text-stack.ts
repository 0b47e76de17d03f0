/** The call stack of a leak as text: innermost frame first, with the blamed line marked. */
import type { Site, SiteStack, StackFrame } from '../analysis/report.ts';
import { pad, widthOf } from './columns.ts';
import { countOf, formatBytes } from './format.ts';
import { frameFunction, frameLocation } from './present.ts';
import type { Style } from './style.ts';

/** Columns for the places, which come first because functions' names know no bounds. */
const PLACE_COLUMNS = 44;

/** Frames of libraries in a row from which all but the first and the last are left out. */
const LONG_RUN = 5;

interface Row {
  readonly place: string;
  readonly name: string;
  readonly look: 'blamed' | 'owned' | 'foreign';
}

/**
 * @param site of which `stack` is one
 * @param cwd paths below it are shown relative to it
 * @returns a title and one line for each frame
 */
export function stackText(site: Site, stack: SiteStack, cwd: string, style: Style): string[] {
  const rows = upToMain(stack.frames).map((frame): Row => ({
    place: frameLocation(frame, cwd),
    name: `${frameFunction(frame)}${frame.inlined ? ' (inlined)' : ''}`,
    look: isBlamed(frame, site) ? 'blamed' : frame.owned ? 'owned' : 'foreign',
  }));
  const hidden = insideLibraries(rows);
  const widest = rows.reduce(
    (width, { place }, index) => (hidden.has(index) ? width : Math.max(width, widthOf(place))),
    0,
  );
  const column = Math.min(widest, PLACE_COLUMNS);
  const lines = rows.flatMap(({ place, name, look }, index) => {
    if (hidden.has(index)) {
      if (hidden.has(index - 1)) return [];
      let end = index;
      while (hidden.has(end)) end += 1;
      return [style('quiet', `        … ${countOf(end - index, 'frame')} inside the library`)];
    }
    const text = `#${pad(String(index), 2)} ${pad(place, column)}  ${name}`;
    if (look === 'blamed') return [`  ${style('bad', '>')} ${style('strong', text)}`];
    return [`    ${look === 'owned' ? text : style('quiet', text)}`];
  });
  const end = ends[stack.end];
  if (end !== undefined) lines.push(style('quiet', `    ${end}`));
  return [`  Call stack${shareOf(site, stack)}:`, ...lines];
}

/**
 * The frames that a reader can do without: a library's own calls between its innermost function and
 * the one that the user's code called.
 */
function insideLibraries(rows: readonly Row[]): ReadonlySet<number> {
  const hidden = new Set<number>();
  let start = 0;
  for (let index = 0; index <= rows.length; index++) {
    if (rows[index]?.look === 'foreign') continue;
    if (index - start >= LONG_RUN) {
      for (let inside = start + 1; inside < index - 1; inside++) hidden.add(inside);
    }
    start = index + 1;
  }
  return hidden;
}

const ends = {
  complete: undefined,
  truncated: '(frames towards main are missing)',
  guessed: '(some frames are guessed)',
} as const;

/** The part of a site's growth that came by this stack, where there are several. */
function shareOf(site: Site, stack: SiteStack): string {
  if (site.stacks.length === 1) return '';
  return `, ${formatBytes(stack.outstandingBytes)} in ${countOf(stack.outstandingCount, 'block')}`;
}

/** Without what the C library runs before main, which is the same in every program. */
function upToMain(frames: readonly StackFrame[]): readonly StackFrame[] {
  const main = frames.findLastIndex((frame) => frame.function === 'main' && frame.owned);
  const callers = main === -1 ? [] : frames.slice(main + 1);
  return callers.some((frame) => frame.owned) || callers.length === 0
    ? frames
    : frames.slice(0, main + 1);
}

function isBlamed(frame: StackFrame, { blamed }: Site): boolean {
  return (
    frame.address === blamed?.address &&
    frame.function === blamed.function &&
    frame.line === blamed.line
  );
}
