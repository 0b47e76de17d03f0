/**
 * A capture that the editor has open: one that runs, one that has ended, or one from a file; with
 * the report that is made anew as samples come.
 */
import type { Report } from '../../analysis/report.ts';
import type { Capture } from '../../capture/capture.ts';
import { plain } from '../../text/untrusted.ts';

export interface OpenCapture {
  /** The same for the same capture, also after a reload and when it comes from a file. */
  readonly id: string;
  /** Name and PID of the target, made plain. */
  readonly title: string;
  /** Name of the target, made plain. */
  readonly target: string;
  readonly capture: Capture;
  readonly report: Report;
  readonly running: boolean;
  /** Where it is saved; undefined for one that is not. */
  readonly file: string | undefined;
  /** Growth of the sites that leak or grow, bytes/s. */
  readonly growth: number;
}

/** What a capture keeps from its first sample to its saved file: boot, process, and time. */
export function captureId(capture: Capture): string {
  const { host, start } = capture;
  return `${host.bootId}-${start.process.pid}-${start.startedUnixMs}`;
}

/**
 * @param running whether samples may still come; a recovered capture has no end and does not run
 * @param file where the capture is saved, if it is
 */
export function openCapture(
  capture: Capture,
  report: Report,
  running: boolean,
  file: string | undefined,
): OpenCapture {
  const { name, pid } = capture.start.process;
  const target = plain(name, 60) || `PID ${pid}`;
  const growing = report.sites.filter((it) => it.verdict === 'leak' || it.verdict === 'growing');
  return {
    id: captureId(capture),
    title: `${target} (${pid})`,
    target,
    capture,
    report,
    running,
    file,
    growth: growing.reduce((sum, it) => sum + it.trend.bytesPerSecond, 0),
  };
}

/** "server-2026-03-01-1405.leaklens": the characters of the target's name that suit a file. */
export function suggestedName({ target, capture }: OpenCapture): string {
  const name = target.replace(/[^\w.-]+/g, '_').replace(/^[._]+|[._]+$/g, '') || 'capture';
  const started = new Date(capture.start.startedUnixMs);
  const two = (value: number): string => value.toFixed(0).padStart(2, '0');
  const date = `${started.getFullYear()}-${two(started.getMonth() + 1)}-${two(started.getDate())}`;
  return `${name}-${date}-${two(started.getHours())}${two(started.getMinutes())}.leaklens`;
}
