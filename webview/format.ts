/** How the page words its figures, besides those that the whole product words alike. */
import { formatBytes, formatClock, formatCount } from '../protocol/quantities.ts';

export {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from '../protocol/quantities.ts';

/** A velocity: "1.2 MB/s". */
export function formatVelocity(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A change of size with its sign: "+1.2 MB", "0 B". */
export function formatChange(bytes: number): string {
  return bytes > 0 ? `+${formatBytes(bytes)}` : formatBytes(bytes);
}

/** "1 block", "4,312 blocks". */
export function formatBlocks(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'block' : 'blocks'}`;
}

/** A stretch of the capture: "0:20 to 1:05". */
export function formatRange(fromNs: number, toNs: number): string {
  return `${formatClock(fromNs)} to ${formatClock(toNs)}`;
}

/** "server.cpp:88", or what is known of it; the file's directories are left out. */
export function formatPlace(file: string | null, line: number | null): string {
  if (file === null) return '';
  const name = file.slice(file.lastIndexOf('/') + 1);
  return line === null ? name : `${name}:${line}`;
}

/** A mark of a time axis, to the tenth of a second where seconds are too coarse. */
export function formatTick(seconds: number): string {
  return Number.isInteger(seconds) ? formatClock(seconds * 1e9) : `${seconds.toFixed(1)} s`;
}
