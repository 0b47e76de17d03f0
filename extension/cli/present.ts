/**
 * How frames, paths and targets are named for a person. Everything that a target can choose is made
 * printable here, so that the callers need not think of it.
 */
import path from 'node:path';
import type { Site, StackFrame } from '../analysis/report.ts';
import type { Capture } from '../capture/capture.ts';
import { shortFunction } from '../text/untrusted.ts';
import { printable } from './format.ts';

/**
 * A path as a person would type it: relative where it lies below the working directory.
 * @param file as the compiler recorded it
 * @param cwd absolute
 */
export function displayPath(file: string, cwd: string): string {
  const normal = path.normalize(file);
  if (!path.isAbsolute(file)) return printable(normal);
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

/** What a frame is: its function with parameters, or its address where no name is known. */
export function frameFunction(frame: StackFrame): string {
  return frame.function === '' ? frame.address : withoutDefaults(printable(frame.function));
}

/** What a person calls the function: without parameters and template arguments. */
export function frameShortName(frame: StackFrame): string {
  return frame.function === '' ? frame.address : printable(shortFunction(frame.function));
}

const LONGEST_NAME = 2000;
/** What is said shorter, or hidden behind the standard library's aliases and default arguments. */
const defaults: readonly (readonly [RegExp, string])[] = [
  [/\(anonymous namespace\)/g, '(anonymous)'],
  [/\bstd::__(?:cxx11|1)::/g, 'std::'],
  [/\bstd::basic_string<char, std::char_traits<char>, std::allocator<char> ?>/g, 'std::string'],
  [/\bstd::basic_string_view<char, std::char_traits<char> ?>/g, 'std::string_view'],
  [/, std::(?:allocator|default_delete)<(?:[^<>]|<[^<>]*>)*> ?(?=>)/g, ''],
];

/** A demangled name as it would be written in the source. */
function withoutDefaults(name: string): string {
  return defaults.reduce(
    (text, [pattern, replacement]) => text.replaceAll(pattern, replacement),
    name.slice(0, LONGEST_NAME),
  );
}

/** Whom a site blames: the owned line, or the best known function and its module where no source
 *  is known. */
export function siteLocation(site: Site, cwd: string): string {
  if (site.blamed?.file !== undefined) return frameLocation(site.blamed, cwd);
  const frames = site.stacks[0]?.frames ?? [];
  const named = frames.find(({ function: name }) => name !== '');
  const frame = site.blamed ?? named ?? frames[0];
  if (frame === undefined) return 'an unknown place';
  const module = printable(path.basename(frame.module));
  return module === '' ? frameShortName(frame) : `${frameShortName(frame)} in ${module}`;
}

/** The function of a site's owned line, to follow `siteLocation`; empty where that names it. */
export function siteFunction({ blamed }: Site): string {
  return blamed?.file === undefined ? '' : frameShortName(blamed).replace(/^\(anonymous\)::/, '');
}

/** Bytes that the kernel keeps of a process's name, its end mark aside. */
const COMM_BYTES = 15;

/** The target of a capture: its name and PID. */
export function targetName(capture: Capture): string {
  const { name, pid, executable } = capture.start.process;
  const file = path.basename(executable);
  const isCut = Buffer.byteLength(name) === COMM_BYTES && file.startsWith(name);
  return `${printable(isCut ? file : name)} (PID ${pid})`;
}
