/**
 * What a frame and a site are called on the dashboard. Names come from the target's binaries and
 * may be anything: they are made plain here, and shown as text only.
 */
import type { Site, StackFrame } from '../../analysis/report.ts';
import type { ViewFrame } from '../../../protocol/view.ts';
import { plain, shortFunction } from '../../text/untrusted.ts';

const MAX_NAME = 400;

/** The function with its parameters, or module and address where no name is known. */
export function frameName(frame: StackFrame): string {
  return frame.function === '' ? place(frame) : plain(frame.function, MAX_NAME);
}

/** What a person calls the function: without parameters, template arguments and return type. */
export function shortName(frame: StackFrame): string {
  return frame.function === '' ? place(frame) : shortFunction(frame.function);
}

/** The frame as the page gets it. */
export function viewFrame(frame: StackFrame): ViewFrame {
  return {
    name: frameName(frame),
    short: shortName(frame),
    file: frame.file === undefined ? null : plain(frame.file, MAX_NAME),
    line: frame.line ?? null,
    module: plain(frame.module, MAX_NAME),
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

function place(frame: StackFrame): string {
  const module = frame.module.slice(frame.module.lastIndexOf('/') + 1);
  return plain(module === '' ? frame.address : `${module} ${frame.address}`, MAX_NAME);
}
