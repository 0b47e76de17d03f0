/**
 * What the editor says about a site, in each of the places where it says it: end of line, code lens,
 * Problems entry. Pure; names of the target are made plain here.
 */
import type { Site } from '../../analysis/report.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from '../../../protocol/quantities.ts';
import { plain } from '../../text/untrusted.ts';

/** Verdicts that are marked in the source; the others are told in the view and the dashboard. */
export type MarkedVerdict = 'leak' | 'growing';

export function isMarked(verdict: Site['verdict']): verdict is MarkedVerdict {
  return verdict === 'leak' || verdict === 'growing';
}

/** The least that a site must show to be marked. */
export interface Thresholds {
  readonly growing: boolean;
  /** From 0 to 1. */
  readonly minimumConfidence: number;
  readonly minimumBytesPerMinute: number;
}

/** Whether a site is to be marked in the source. */
export function passes(site: Site, thresholds: Thresholds): boolean {
  return (
    (site.verdict === 'leak' || (site.verdict === 'growing' && thresholds.growing)) &&
    site.confidence >= thresholds.minimumConfidence &&
    site.trend.bytesPerSecond * 60 >= thresholds.minimumBytesPerMinute
  );
}

/** "leak +1.2 MB/min · 4,312 alive · 98%", and how many more sites share the line. */
export function endOfLineText(site: Site, others: number): string {
  const parts = [
    `${site.verdict} ${formatRate(site.trend.bytesPerSecond)}`,
    `${formatCount(site.outstandingCount)} alive`,
    formatShare(site.confidence),
  ];
  if (others > 0) parts.push(`${others} more here`);
  return parts.join(' · ');
}

/**
 * "Leak: 12.3 MB in 2 min".
 * @param durationNs how long the capture has run
 */
export function lensTitle(site: Site, durationNs: number): string {
  const what = site.verdict === 'leak' ? 'Leak' : 'Growing';
  return `${what}: ${formatBytes(site.outstandingBytes)} in ${formatDuration(durationNs)}`;
}

/** Said wherever a line may have moved since the binary was built. */
export const staleNote = 'The source is newer than the binary, so this line may be off.';

/**
 * The message of a Problems entry.
 * @param target name of the process
 * @param stale whether the source is newer than the binary
 */
export function problemMessage(site: Site, target: string, stale: boolean): string {
  const blocks = site.outstandingCount === 1 ? 'block' : 'blocks';
  const held = `${formatBytes(site.outstandingBytes)} in ${formatCount(site.outstandingCount)} ${blocks}`;
  const head =
    site.verdict === 'leak'
      ? `Memory leak in ${plain(target, 40)}: ${held} allocated here and not freed`
      : `Memory grows in ${plain(target, 40)}: ${held} allocated here and not freed so far`;
  const growth = `${formatRate(site.trend.bytesPerSecond)}, ${formatShare(site.confidence)} sure`;
  const sentences = [`${head} (${growth}).`, plain(site.explanation, 400)];
  if (stale) sentences.push(staleNote);
  return sentences.join(' ');
}
