/**
 * How frames, paths and targets are named for a person. Everything that a target can choose is made
 * printable here, so that the callers need not think of it.
 */
import path from 'node:path';
import type { Site, StackFrame } from '../analysis/report.ts';
import type { Capture } from '../capture/capture.ts';
import { printable } from './format.ts';

/**
 * A path as a person would type it: relative where it lies below the working directory.
 * @param file as the compiler recorded it
 * @param cwd absolute
 */
export function displayPath(file: string, cwd: string): string {
  if (!path.isAbsolute(file)) return printable(file);
  const normal = path.normalize(file);
  const relative = path.relative(cwd, normal);
  const below = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  return printable(below ? relative : normal);
}

/** Where a frame is: `file:line`, or its module where no source is known. */
export function frameLocation(frame: StackFrame, cwd: string): string {
  if (frame.file === undefined) {
    return frame.module === '' ? '' : printable(path.basename(frame.module));
  }
  const file = displayPath(frame.file, cwd);
  return frame.line === undefined || frame.line === 0 ? file : `${file}:${frame.line}`;
}

/** What a frame is: its function, or its address where none is known. */
export function frameFunction(frame: StackFrame): string {
  return frame.function === '' ? frame.address : printable(frame.function);
}

/** Whom a site blames: the owned line, or the innermost known function where no line is owned. */
export function siteLocation(site: Site, cwd: string): string {
  if (site.blamed !== undefined) return frameLocation(site.blamed, cwd);
  const [stack] = site.stacks;
  const frame = stack?.frames.find(({ function: name }) => name !== '') ?? stack?.frames[0];
  if (frame === undefined) return 'an unknown place';
  const module = printable(path.basename(frame.module));
  return module === '' ? frameFunction(frame) : `${frameFunction(frame)} in ${module}`;
}

/** The target of a capture: its name and PID. */
export function targetName(capture: Capture): string {
  const { name, pid } = capture.start.process;
  return `${printable(name)} (PID ${pid})`;
}
