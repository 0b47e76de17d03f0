/**
 * A site's name for longer than a build: which function allocates, through what, and as which of
 * several such places in it. Line numbers, addresses and build ids are left out, for they change
 * when nothing about the leak does.
 */
import { stableName } from './function-name.ts';
import type { StackFrame } from './report.ts';

/**
 * FNV-1a, 64 bits, over the text's UTF-16 code units, low byte first. The prime is 2^40 + 0x1b3, so
 * a product is two smaller ones; they are made in four pieces of 16 bits, for which doubles suffice.
 * Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, The FNV Non-Cryptographic Hash Algorithm.
 * @returns 16 lower-case hexadecimal digits
 */
export function fnv1a64(text: string): string {
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2];
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    for (const byte of [unit & 0xff, unit >> 8]) {
      a ^= byte;
      const low = a * 0x1b3;
      const second = b * 0x1b3 + Math.floor(low / 0x10000);
      const third = c * 0x1b3 + a * 0x100 + Math.floor(second / 0x10000);
      const fourth = d * 0x1b3 + b * 0x100 + Math.floor(third / 0x10000);
      a = low & 0xffff;
      b = second & 0xffff;
      c = third & 0xffff;
      d = fourth & 0xffff;
    }
  }
  return [d, c, b, a].map((piece) => piece.toString(16).padStart(4, '0')).join('');
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
