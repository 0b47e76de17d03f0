/**
 * The counters of one sample in few bytes. An hour of a busy target is millions of counters: as
 * arrays of numbers they would take some 100 bytes each, packed they take about 15.
 *
 * The code is LEB128: seven bits a byte, least significant first, the top bit set where more
 * follow; six numbers for each counter, one after another.
 */
import type { Counter } from '../../protocol/agent.ts';

const NUMBERS_PER_COUNTER = 6;
/** A number below 2^53 takes at most eight bytes of seven bits. */
const MAX_BYTES_PER_NUMBER = 8;
/** Above this, JavaScript's bit operators lose bits. */
const BITWISE_LIMIT = 0x80000000;

/**
 * @param counters whole numbers from 0 to 2^53 - 1
 * @returns their packed form, in a buffer of exactly its size
 */
export function packCounters(counters: readonly Counter[]): Uint8Array {
  const scratch = new Uint8Array(counters.length * NUMBERS_PER_COUNTER * MAX_BYTES_PER_NUMBER);
  let end = 0;
  for (const counter of counters) {
    for (let rest of counter) {
      while (rest >= BITWISE_LIMIT) {
        scratch[end++] = (rest % 128) | 0x80;
        rest = Math.floor(rest / 128);
      }
      while (rest >= 128) {
        scratch[end++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      scratch[end++] = rest;
    }
  }
  return scratch.slice(0, end);
}

/**
 * @param packed what `packCounters` returned
 * @returns equal counters, in the same order
 */
export function unpackCounters(packed: Uint8Array): Counter[] {
  const counters: Counter[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = packed[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < packed.byteLength) counters.push([next(), next(), next(), next(), next(), next()]);
  return counters;
}
