/**
 * What a frame and a site are called on the dashboard. Names come from the target's binaries and
 * may be anything: they are clipped here, and shown as text only.
 */
import type { Site, StackFrame } from '../../analysis/report.ts';
import type { ViewFrame } from '../../../protocol/view.ts';

const MAX_NAME = 400;

/** The text, cut where it is longer than a page can use. */
export function clip(text: string, most: number = MAX_NAME): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The function, or the module's file name and the address where no name is known. */
export function frameName(frame: StackFrame): string {
  if (frame.function !== '') return clip(frame.function);
  const module = frame.module.slice(frame.module.lastIndexOf('/') + 1);
  return clip(module === '' ? frame.address : `${module} ${frame.address}`);
}

/** The frame as the page gets it. */
export function viewFrame(frame: StackFrame): ViewFrame {
  return {
    name: frameName(frame),
    file: frame.file ?? null,
    line: frame.line ?? null,
    module: frame.module,
    owned: frame.owned,
    inlined: frame.inlined,
  };
}

/** A site's number on the page: its smallest stack number, which later stacks do not change. */
export function siteId(site: Site): number {
  let smallest = Infinity;
  for (const it of site.stacks) smallest = Math.min(smallest, it.stack);
  return smallest;
}

/** The frame that stands for a site: the blamed one, or where no frame is owned the innermost. */
export function siteFrame(site: Site): StackFrame | undefined {
  return site.blamed ?? site.stacks[0]?.frames[0];
}
