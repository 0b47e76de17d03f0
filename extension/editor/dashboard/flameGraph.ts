/**
 * The flame graph: outstanding bytes by call path, callers above callees. Paths too small to be
 * seen are left out and counted, so that a capture with thousands of stacks stays drawable.
 */
import type { Site, SiteStack, StackFrame, Verdict } from '../../analysis/report.ts';
import type { Flame, FlameNode } from '../../../protocol/view.ts';
import { frameName, siteId, viewFrame } from './names.ts';
import { whole } from './numbers.ts';
import type { Survivors } from './window.ts';

/** Boxes on the page at most: each is an element that can take the focus. */
const MAX_NODES = 800;
/** Stacks that are looked at, the largest first. */
const MAX_STACKS = 4000;
/** Frames of a stack that are drawn, from the root on. */
const MAX_DEPTH = 256;

/**
 * Numbers for call paths, which stay the same from one state to the next, so that the page keeps
 * its focus and its zoom. One lives as long as the dashboard shows one capture.
 */
export class PathNumbers {
  private readonly numbers = new Map<string, number>();

  /** The number of the frame called `key` beneath the path `parent`. */
  of(parent: number | null, key: string): number {
    const path = `${parent ?? ''}\n${key}`;
    let number = this.numbers.get(path);
    if (number === undefined) this.numbers.set(path, (number = this.numbers.size));
    return number;
  }
}

/** Bytes and blocks of a stack that are shown, from the report or from a window. */
export interface Amount {
  readonly bytes: number;
  readonly count: number;
}

/** A stack, and what it holds. */
interface Entry {
  readonly site: number;
  readonly verdict: Verdict;
  readonly stack: SiteStack;
  readonly amount: Amount;
}

interface Path {
  readonly id: number;
  readonly parent: Path | undefined;
  readonly depth: number;
  readonly frame: StackFrame;
  readonly site: number;
  readonly stack: number;
  readonly at: number;
  readonly children: Map<string, Path>;
  readonly byVerdict: Map<Verdict, number>;
  bytes: number;
  count: number;
}

/** The flame graph of the sites; with `byStack`, of these blocks instead of all outstanding ones. */
export function flameGraph(
  sites: readonly Site[],
  numbers: PathNumbers,
  byStack?: ReadonlyMap<number, Survivors>,
): Flame {
  const roots = new Map<string, Path>();
  let totalBytes = 0;
  let totalCount = 0;
  let paths = 0;
  const entries = sites.flatMap((site) => {
    const id = siteId(site);
    return site.stacks.map((stack): Entry => ({
      site: id,
      verdict: site.verdict,
      stack,
      amount: amountOf(stack, byStack),
    }));
  });
  entries.sort((a, b) => b.amount.bytes - a.amount.bytes);
  for (const [nth, entry] of entries.entries()) {
    if (entry.amount.bytes <= 0) break;
    totalBytes += entry.amount.bytes;
    totalCount += entry.amount.count;
    if (nth < MAX_STACKS) paths += addStack(roots, entry, numbers);
  }
  const nodes = largest(roots);
  return { totalBytes, totalCount: whole(totalCount), nodes, hiddenNodes: paths - nodes.length };
}

/** What a stack holds: in the window where one is given. */
export function amountOf(stack: SiteStack, byStack?: ReadonlyMap<number, Survivors>): Amount {
  if (byStack === undefined)
    return { bytes: stack.outstandingBytes, count: stack.outstandingCount };
  return byStack.get(stack.stack) ?? { bytes: 0, count: 0 };
}

/** Puts a stack's bytes on its path from the root; returns how many paths are new. */
function addStack(
  roots: Map<string, Path>,
  { site, verdict, stack, amount }: Entry,
  numbers: PathNumbers,
): number {
  let added = 0;
  let parent: Path | undefined;
  const innermost = Math.max(0, stack.frames.length - MAX_DEPTH);
  for (let at = stack.frames.length - 1; at >= innermost; at -= 1) {
    const frame = stack.frames[at];
    if (frame === undefined) continue;
    const siblings: Map<string, Path> = parent === undefined ? roots : parent.children;
    const key = `${frameName(frame)}\n${frame.file ?? ''}:${frame.line ?? ''}`;
    let path: Path | undefined = siblings.get(key);
    if (path === undefined) {
      path = {
        id: numbers.of(parent?.id ?? null, key),
        parent,
        depth: (parent?.depth ?? -1) + 1,
        frame,
        site,
        stack: stack.stack,
        at,
        children: new Map(),
        byVerdict: new Map(),
        bytes: 0,
        count: 0,
      };
      siblings.set(key, path);
      added += 1;
    }
    path.bytes += amount.bytes;
    path.count += amount.count;
    path.byVerdict.set(verdict, (path.byVerdict.get(verdict) ?? 0) + amount.bytes);
    parent = path;
  }
  return added;
}

/** The largest paths in drawing order: a caller before its callees, large siblings first. */
function largest(roots: ReadonlyMap<string, Path>): FlameNode[] {
  const all: Path[] = [];
  const collect = (siblings: ReadonlyMap<string, Path>): void => {
    for (const path of siblings.values()) {
      all.push(path);
      collect(path.children);
    }
  };
  collect(roots);
  // A caller has at least its callees' bytes; by depth among equals, it is kept before them.
  const kept = new Set(
    all.sort((a, b) => b.bytes - a.bytes || a.depth - b.depth).slice(0, MAX_NODES),
  );
  const nodes: FlameNode[] = [];
  const emit = (siblings: ReadonlyMap<string, Path>): void => {
    const shown = [...siblings.values()].filter((it) => kept.has(it));
    for (const path of shown.sort((a, b) => b.bytes - a.bytes || a.id - b.id)) {
      nodes.push(node(path));
      emit(path.children);
    }
  };
  emit(roots);
  return nodes;
}

function node(path: Path): FlameNode {
  const [verdict] = [...path.byVerdict].reduce((a, b) => (b[1] > a[1] ? b : a));
  return {
    id: path.id,
    parent: path.parent?.id ?? null,
    frame: viewFrame(path.frame),
    bytes: path.bytes,
    count: whole(path.count),
    verdict,
    site: path.site,
    stack: path.stack,
    at: path.at,
  };
}
