/**
 * Numbers as a person reads them: sizes, rates, counts, times and shares, in English notation.
 *
 * Sizes use SI prefixes (1 kB = 1000 B), because rates are quoted beside them and nobody converts
 * a rate by 1024.
 */

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A size in bytes with three significant digits: "0 B", "812 B", "12.3 MB"; negative ones with a minus. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '?';
  const sign = bytes < 0 ? '−' : '';
  let value = Math.abs(bytes);
  let unit = 0;
  // 999.5 would be printed as "1000", which belongs to the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${sign}${value.toFixed(digits).replace(/\.0+$|(?<=\.\d)0$/, '')} ${units[unit] ?? ''}`;
}

/** A rate for a person, always with its sign: "+1.2 MB/min". Takes bytes/s. */
export function formatRate(bytesPerSecond: number): string {
  const text = formatBytes(bytesPerSecond * 60);
  return `${bytesPerSecond < 0 ? '' : '+'}${text}/min`;
}

/** A count with thousands separators: "4,312". */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** A time in ns: "850 ms", "42 s", "2 min", "2 min 5 s", "1 h 4 min". */
export function formatDuration(ns: number): string {
  const ms = ns / 1e6;
  if (ms < 999.5) return `${Math.max(0, Math.round(ms)).toFixed(0)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
}

/** Elapsed time as a clock shows it: "0:42", "12:05", "1:02:05". Takes ns. */
export function formatClock(ns: number): string {
  const seconds = Math.max(0, Math.floor(ns / 1e9));
  const pad = (value: number): string => value.toFixed(0).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours > 0
    ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}`
    : `${minutes}:${pad(seconds % 60)}`;
}

/** A share of 1 in per cent: "98%", "0.4%", "<0.1%". */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1%';
  return `${percent < 9.95 ? percent.toFixed(1).replace(/\.0$/, '') : percent.toFixed(0)}%`;
}
