/**
 * Where the boxes of the flame graph lie, and which is next to which: pure, so that drawing and
 * keyboard use the same picture.
 */
import type { Flame, FlameNode } from '../protocol/view.ts';

/** The box above all: everything that is outstanding. */
export const ROOT = -1;

export interface Box {
  /** A node's id, or ROOT. */
  readonly id: number;
  /** Undefined for the box above all. */
  readonly node: FlameNode | undefined;
  readonly depth: number;
  /** Left edge and width as shares of the whole. */
  readonly left: number;
  readonly width: number;
  /** True for the callers of the box that the picture is zoomed to. */
  readonly above: boolean;
}

/**
 * The boxes to draw, callers first. `zoom` fills the whole width with one box (its callers keep
 * theirs above it); boxes narrower than `narrowest`, a share of the width, are left out with all
 * beneath them. A zoom to a node that is gone is none.
 */
export function layout(flame: Flame, zoom: number, narrowest: number): Box[] {
  const nodes = new Map(flame.nodes.map((it) => [it.id, it]));
  const path = new Set<number>();
  for (let it = nodes.get(zoom); it !== undefined; it = parentOf(it, nodes)) path.add(it.id);
  const target = nodes.get(zoom);
  const scale = target?.bytes ?? flame.totalBytes;
  if (scale <= 0) return [];

  const boxes = new Map<number, Box>();
  const free = new Map<number, number>();
  boxes.set(ROOT, {
    id: ROOT,
    node: undefined,
    depth: 0,
    left: 0,
    width: 1,
    above: target !== undefined,
  });
  for (const node of flame.nodes) {
    const parent = boxes.get(node.parent ?? ROOT);
    if (parent === undefined) continue;
    if (parent.above) {
      // Only the way to the zoomed box is shown, each step as wide as the whole.
      if (path.has(node.id))
        boxes.set(node.id, { ...place(node, parent, 0, 1), above: node.id !== zoom });
      continue;
    }
    const left = free.get(parent.id) ?? parent.left;
    const width = node.bytes / scale;
    free.set(parent.id, left + width);
    if (width >= narrowest) boxes.set(node.id, place(node, parent, left, width));
  }
  return [...boxes.values()];
}

function place(node: FlameNode, parent: Box, left: number, width: number): Box {
  return { id: node.id, node, depth: parent.depth + 1, left, width, above: false };
}

function parentOf(node: FlameNode, nodes: ReadonlyMap<number, FlameNode>): FlameNode | undefined {
  return node.parent === null ? undefined : nodes.get(node.parent);
}

export type Step = 'caller' | 'callee' | 'previous' | 'next' | 'first';

/** The box that a step from `from` leads to; `from` itself where there is none. */
export function neighbour(boxes: readonly Box[], from: number, step: Step): number {
  const box = boxes.find((it) => it.id === from);
  if (box === undefined || step === 'first') return boxes[0]?.id ?? from;
  switch (step) {
    case 'caller':
      return box.node === undefined ? from : (box.node.parent ?? ROOT);
    case 'callee':
      return (
        boxes.find((it) => it.node !== undefined && (it.node.parent ?? ROOT) === from)?.id ?? from
      );
    case 'previous':
    case 'next': {
      const row = boxes.filter((it) => it.depth === box.depth).sort((a, b) => a.left - b.left);
      const at = row.indexOf(box) + (step === 'next' ? 1 : -1);
      return row[at]?.id ?? from;
    }
  }
}
