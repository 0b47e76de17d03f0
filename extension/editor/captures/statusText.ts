/** What the status bar says while a capture runs. Pure. */
import {
  formatBytes,
  formatClock,
  formatCount,
  formatRate,
  formatShare,
} from '../../../protocol/quantities.ts';
import { plainLabel } from '../../text/untrusted.ts';
import type { OpenCapture } from './openCapture.ts';

/**
 * The bar's text: target, elapsed time, growth, and cost in shares of one core.
 * @param running the captures that run, oldest first; the youngest is told of
 * @param nowUnixMs elapsed time goes on between samples
 */
export function statusText(running: readonly OpenCapture[], nowUnixMs: number): string {
  const capture = running.at(-1);
  if (capture === undefined) return '';
  const { report } = capture;
  const elapsedNs = (nowUnixMs - capture.capture.start.startedUnixMs) * 1e6;
  const parts = [plainLabel(capture.target, 24), formatClock(elapsedNs)];
  if (report.samples > 0)
    parts.push(formatRate(capture.growth), `${formatShare(report.cost.coreShare)} of a core`);
  if (running.length > 1) parts.push(`${formatCount(running.length)} captures`);
  return `$(record) ${parts.join(' · ')}`;
}

/** One line for each running capture, for the bar's tooltip. */
export function statusTooltip(running: readonly OpenCapture[]): string {
  const lines = running.map((capture) => {
    const { report, title } = capture;
    const leaks = report.sites.filter((it) => it.verdict === 'leak').length;
    const held = report.sites.reduce((sum, it) => sum + it.outstandingBytes, 0);
    return `${title}: ${formatBytes(held)} allocated and not freed, ${leaks === 1 ? '1 leak' : `${formatCount(leaks)} leaks`}; tracing costs ${formatShare(report.cost.targetShare)} of its processor time`;
  });
  return [...lines, 'Click to open the dashboard'].join('\n');
}

/** The line under the progress notification. */
export function progressText(capture: OpenCapture): string {
  const { report } = capture;
  if (report.samples === 0) return 'waiting for the first sample';
  const leaks = report.sites.filter((it) => it.verdict === 'leak').length;
  const found = leaks === 0 ? 'no leak so far' : leaks === 1 ? '1 leak' : `${leaks} leaks`;
  return `${formatClock(report.durationNs)} · ${formatRate(capture.growth)} · ${found}`;
}
