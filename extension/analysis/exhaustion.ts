/**
 * When memory runs out, if the leaks go on as they do.
 */
import type { Exhaustion, Site } from './report.ts';
import { bytesInWords, timeInWords } from './words.ts';

/** Beyond ten years a date is no warning any more. */
const LONGEST_SECONDS = 10 * 365 * 86400;

/**
 * @param usedBytes the process's resident memory and swap now
 * @param limitBytes what it can have at most: the host's memory; 0 where unknown
 * @param certainConfidence that a leak needs to be counted
 */
export function exhaustionOf(
  sites: readonly Site[],
  usedBytes: number,
  limitBytes: number,
  certainConfidence: number,
): Exhaustion | undefined {
  const rate = sites
    .filter((site) => site.verdict === 'leak' && site.confidence >= certainConfidence)
    .reduce((sum, site) => sum + Math.max(0, leakRate(site)), 0);
  const room = limitBytes - usedBytes;
  if (rate <= 0 || limitBytes <= 0 || room <= 0) return undefined;
  const seconds = room / rate;
  if (seconds > LONGEST_SECONDS) return undefined;
  return {
    bytesPerSecond: rate,
    limitBytes,
    secondsLeft: Math.round(seconds),
    explanation:
      `At ${bytesInWords(rate)}/s the host's ${bytesInWords(limitBytes)} are used up in ` +
      `${timeInWords(seconds * 1e9)}, if nothing else takes or gives back memory.`,
  };
}

/** The rate of what stays, where it is known apart from what comes and goes. */
export function leakRate(site: Pick<Site, 'residue' | 'trend'>): number {
  return site.residue?.bytesPerSecond ?? site.trend.bytesPerSecond;
}
