/**
 * A site's name for longer than a build: which function allocates, through what, and as which of
 * several such places in it. Line numbers, addresses and build ids are left out, for they change
 * when nothing about the leak does.
 */
import { stableName } from './function-name.ts';
import type { StackFrame } from './report.ts';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;

/**
 * FNV-1a, 64 bits, over the text's UTF-16 code units, low byte first.
 * Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, The FNV Non-Cryptographic Hash Algorithm.
 * @returns 16 lower-case hexadecimal digits
 */
export function fnv1a64(text: string): string {
  let hash = OFFSET;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    hash = ((hash ^ BigInt(unit & 0xff)) * PRIME) & MASK;
    hash = ((hash ^ BigInt(unit >> 8)) * PRIME) & MASK;
  }
  return hash.toString(16).padStart(16, '0');
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * What is hashed, before the ordinal that tells equal ones apart.
 * @param frames of one of the site's stacks, innermost first
 * @param blamed index of the blamed frame, or -1
 */
export function identity(
  kind: 'heap' | 'mapping',
  frames: readonly StackFrame[],
  blamed: number,
): string {
  const owner = frames[blamed];
  if (owner === undefined) {
    const names = frames.map((frame) => `${baseName(frame.module)}!${stableName(frame.function)}`);
    return [kind, ...names.slice(0, 8)].join('\n');
  }
  const place = owner.file ?? owner.module;
  return [kind, baseName(place), stableName(owner.function)].join('\n');
}

/** The fingerprint of the `ordinal`-th site (by line) of those with the same identity. */
export function fingerprint(siteIdentity: string, ordinal: number): string {
  return fnv1a64(`${siteIdentity}\n${ordinal}`);
}
