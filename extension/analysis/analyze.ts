/**
 * The verdicts of a recorded capture: a pure function of the capture and the thresholds, with the
 * same result each time and on each machine.
 */
import type { Capture } from '../capture/capture.ts';
import { Analyzer } from './analyzer.ts';
import type { Report } from './report.ts';
import type { Thresholds } from './thresholds.ts';

export { Analyzer } from './analyzer.ts';

/** Judges a whole capture, finished or not. */
export function analyze(capture: Capture, thresholds?: Partial<Thresholds>): Report {
  const analyzer = new Analyzer(capture.intervalMs, thresholds);
  for (const sample of capture.samples) analyzer.add(sample);
  return analyzer.report(capture);
}

/** True where a leak is certain enough to end a capture that waits for a verdict. */
export function isCertain(report: Report, certainConfidence: number): boolean {
  return report.sites.some(
    (site) => site.verdict === 'leak' && site.confidence >= certainConfidence,
  );
}
