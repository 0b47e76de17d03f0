/**
 * Numbers as a person reads them, in the sentences of a report. Hand-made, because what
 * Intl.NumberFormat prints depends on the machine's locale data.
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes with a decimal unit and up to three digits: 999 B, 1.2 kB, 34 MB. */
export function bytesInWords(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1);
  return `${bytes < 0 ? '-' : ''}${digits} ${UNITS[unit] ?? ''}`;
}

/** Nanoseconds as 0.5 s, 42 s, 3 min, 2.5 h, 4 days. */
export function timeInWords(ns: number): string {
  const seconds = ns / 1e9;
  if (seconds < 9.95) return `${seconds.toFixed(1).replace(/\.0$/, '')} s`;
  if (seconds < 119.5) return `${seconds.toFixed(0)} s`;
  if (seconds < 119.5 * 60) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1).replace(/\.0$/, '')} h`;
  return `${(seconds / 86400).toFixed(0)} days`;
}

/** A share as 98%, 0.4%. */
export function shareInWords(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.95) return `${Math.max(0.1, percent).toFixed(1)}%`;
  if (percent > 99 && percent < 100) return `${Math.min(99.9, percent).toFixed(1)}%`;
  return `${percent.toFixed(0)}%`;
}

/** A count with its noun: 1 block, 1,234 blocks. */
export function countInWords(count: number, noun: string): string {
  const digits = String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${digits} ${noun}${count === 1 ? '' : 's'}`;
}
