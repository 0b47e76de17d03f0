/**
 * The process's own account of its memory against the traced sites: how much of the growth is
 * explained, and what the rest can be.
 */
import type { Balance, Site } from './report.ts';
import { bytesInWords, countInWords, shareInWords } from './words.ts';

/** Growth of the process that is not worth explaining: an allocator takes memory in such pieces. */
const SMALL_BYTES = 1_048_576;

export interface ProcessGrowth {
  /** Growth of resident anonymous memory and swap from first to last sample, bytes. */
  readonly bytes: number;
  readonly unknownFrees: number;
}

/** What a site gained between the capture's first and last sample, bytes. */
export function growthOf(site: Pick<Site, 'series'>): number {
  const bytes = site.series.outstandingBytes;
  return (bytes.at(-1) ?? 0) - (bytes[0] ?? 0);
}

/** Joins the two accounts. */
export function balanceOf(process: ProcessGrowth, sites: readonly Site[]): Balance {
  const traced = sites.reduce((sum, site) => sum + growthOf(site), 0);
  const growing = sites
    .filter((site) => site.verdict === 'leak' || site.verdict === 'growing')
    .reduce((sum, site) => sum + growthOf(site), 0);
  return {
    processGrowthBytes: process.bytes,
    tracedGrowthBytes: traced,
    growingSitesBytes: growing,
    unknownFrees: process.unknownFrees,
    explanation: explain(process, traced, growing),
  };
}

function explain(process: ProcessGrowth, traced: number, growing: number): string {
  const { bytes, unknownFrees } = process;
  const moved = bytes < 0 ? 'shrank by' : 'grew by';
  const fact = `The process ${moved} ${bytesInWords(Math.abs(bytes))}, its traced blocks by ${bytesInWords(traced)}`;
  if (bytes > SMALL_BYTES && traced < 0.7 * bytes) {
    return (
      `${fact}: ${bytesInWords(bytes - Math.max(0, traced))} are not explained by live blocks. ` +
      'That is memory that the allocator keeps or has fragmented, pages of older blocks that were ' +
      'touched for the first time, thread stacks, or an allocator that is not traced.'
    );
  }
  if (traced > SMALL_BYTES && traced > 1.5 * Math.max(0, bytes)) {
    return (
      `${fact}: new blocks took the place of freed ones` +
      (unknownFrees > 0
        ? ` (${countInWords(unknownFrees, 'block')} from before the capture were freed)`
        : '') +
      ', or their pages are not touched yet.'
    );
  }
  if (bytes > SMALL_BYTES && growing > 0) {
    const share = Math.min(1, growing / bytes);
    return `${fact}; growing lines explain ${shareInWords(share)} of it.`;
  }
  return `${fact}.`;
}
