/** Numbers and text as a terminal shows them. */
import { stripVTControlCharacters } from 'node:util';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/**
 * Bytes with three significant digits and a decimal unit: 1 kB is 1000 bytes.
 * @param bytes may be negative
 */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  // 999.5 would be rounded up to 1000 and look like a missed unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${bytes < 0 ? '-' : ''}${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** Bytes of growth, with their sign. */
export function formatGrowth(bytes: number): string {
  return `${bytes > 0 ? '+' : ''}${formatBytes(bytes)}`;
}

/** Bytes per second, with their sign. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatGrowth(bytesPerSecond)}/s`;
}

/** A whole number with separators between thousands. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A count and its noun: "1 block", "2 blocks". */
export function countOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A share between 0 and 1 (or above) as a percentage with two significant digits. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '<0.01%';
  return `${percent.toFixed(percent >= 9.95 || percent === 0 ? 0 : percent >= 0.995 ? 1 : 2)}%`;
}

/** A length of time for a sentence: "850 ms", "12.5 s", "2 min 5 s", "1 h 4 min". */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return join(Math.floor(whole / 60), 'min', whole % 60, 's');
  return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A running clock: "0:07", "12:34", "1:02:03". */
export function formatClock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A curve in one line of block characters, from the lowest value to the highest.
 * @param values in time order; each column shows the last value of its share of them
 * @param width columns
 */
export function sparkline(values: readonly number[], width: number): string {
  const columns = Math.min(width, values.length);
  const picked: number[] = [];
  for (let column = 0; column < columns; column++) {
    picked.push(values[Math.floor(((column + 1) * values.length) / columns) - 1] ?? 0);
  }
  const low = picked.reduce((a, b) => Math.min(a, b), Infinity);
  const high = picked.reduce((a, b) => Math.max(a, b), -Infinity);
  return picked
    .map((value) => {
      const level = high > low ? Math.round(((value - low) / (high - low)) * (bars.length - 1)) : 0;
      return bars[level] ?? bars[0];
    })
    .join('');
}

/** Control and format characters (bidirectional overrides among them), line separators, and halves
 *  of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text that a target chose, such as a process's name or a path, made safe for a terminal: escape
 * sequences are removed, and whatever else is not printable is replaced by a visible mark.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(unprintable, '\u{fffd}');
}

/** A line that a program meant for a terminal, without colours, moves of the cursor and the like. */
export function withoutControls(line: string): string {
  return stripVTControlCharacters(line).replaceAll(/(?!\t)\p{Cc}/gu, '');
}
