/**
 * Figures made fit for the page: its messages are JSON, which has no NaN and no infinity, and its
 * decoders refuse counts that are none.
 */

/** The value; 0 where it is not known or not bounded. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** The value as a share from 0 to 1. */
export function share(value: number): number {
  return Math.min(1, Math.max(0, finite(value)));
}

/** The value as a count or a time: whole, at least 0, and exact as a JSON number. */
export function whole(value: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(finite(value))));
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
