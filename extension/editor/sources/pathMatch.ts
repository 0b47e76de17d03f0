/**
 * From a source path as the compiler recorded it to a path here: by the user's map, and by the
 * longest common end. Pure: what exists is for the caller to find out.
 */
import { posix } from 'node:path';

/** The setting leaklens.sourceMap, with its variables replaced: recorded directory to directory here. */
export type SourceMap = Readonly<Record<string, string>>;

/** Slashes of one kind, no `.`, no `..`, no double slash. */
export function normalize(path: string): string {
  return posix.normalize(path.replaceAll('\\', '/'));
}

/**
 * Applies the longest entry of the map whose directory contains the path.
 * @returns the path here, or undefined where no entry applies
 */
export function mapped(recorded: string, map: SourceMap): string | undefined {
  const path = normalize(recorded);
  let best: { from: string; to: string } | undefined;
  for (const [key, to] of Object.entries(map)) {
    const from = normalize(key).replace(/\/$/, '');
    const inside = path === from || path.startsWith(`${from}/`);
    if (inside && (best === undefined || from.length > best.from.length)) best = { from, to };
  }
  if (best === undefined) return undefined;
  return posix.join(best.to, path.slice(best.from.length));
}

/** How many components two paths have in common at their ends. */
export function commonEnd(a: string, b: string): number {
  const left = normalize(a).split('/').reverse();
  const right = normalize(b).split('/').reverse();
  let same = 0;
  while (same < left.length && same < right.length && left[same] === right[same]) {
    // The empty component before a leading slash is no component.
    if (left[same] === '') break;
    same += 1;
  }
  return same;
}

export type EndMatch =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] }
  | { readonly kind: 'none' };

/**
 * The candidate that has the longest end in common with a recorded path. Two that are equally good
 * are no answer: marks on the wrong file's lines would be worse than none.
 * @param candidates paths of files that have the recorded file's name
 */
export function longestCommonEnd(recorded: string, candidates: readonly string[]): EndMatch {
  let best: string[] = [];
  let length = 0;
  for (const candidate of candidates) {
    const common = commonEnd(recorded, candidate);
    if (common === 0 || common < length) continue;
    if (common > length) best = [];
    length = common;
    best.push(candidate);
  }
  const [only, ...others] = best;
  if (only === undefined) return { kind: 'none' };
  return others.length === 0 ? { kind: 'found', path: only } : { kind: 'ambiguous', paths: best };
}

/**
 * Replaces `${workspaceFolder}` in a map's values.
 * @param folder the first workspace folder; entries that need one are dropped without it
 */
export function resolveVariables(map: SourceMap, folder: string | undefined): SourceMap {
  const variable = '${workspaceFolder}';
  return Object.fromEntries(
    Object.entries(map).flatMap(([from, to]) =>
      !to.includes(variable)
        ? [[from, to]]
        : folder === undefined
          ? []
          : [[from, to.replaceAll(variable, folder)]],
    ),
  );
}
