/**
 * What a running capture shows on standard error: a live table on a terminal, and elsewhere a line
 * now and then, which a log can keep.
 */
import { performance } from 'node:perf_hooks';
import { analyze } from '../analysis/analyze.ts';
import type { Report } from '../analysis/report.ts';
import type { Capture } from '../capture/capture.ts';
import type { Channel } from './console.ts';
import { formatGrowth, formatRate, formatSpan } from './format.ts';
import { liveTable } from './live-table.ts';
import { siteLocation, targetName } from './present.ts';

/** Judging the capture for display may take this share of the time; it is done less often when it
 *  would take more. */
const ANALYSIS_SHARE = 0.1;
const PLAIN_LINES = 12;

export interface Progress {
  /** A sample has come. */
  update(): void;
  /** The capture is being ended. */
  stopping(): void;
  /** A line for the user, or output of the launched program: shown above whatever moves. */
  say(text: string): void;
  /** Leaves the terminal as a command should; nothing is shown after it. */
  close(): void;
}

export interface ProgressOptions {
  readonly durationMs: number;
  readonly cwd: string;
}

export function createProgress(
  capture: Capture,
  channel: Channel,
  options: ProgressOptions,
): Progress {
  return channel.isTerminal
    ? new LiveProgress(capture, channel, options)
    : new PlainProgress(capture, channel, options);
}

/** Judges a growing capture now and then, and remembers the last judgement. */
class Judge {
  #report: Report | undefined;
  #next = 0;

  constructor(private readonly capture: Capture) {}

  report(): Report | undefined {
    const now = performance.now();
    if (now >= this.#next && this.capture.samples.length > 0) {
      this.#report = analyze(this.capture);
      const took = performance.now() - now;
      this.#next = now + took / ANALYSIS_SHARE;
    }
    return this.#report;
  }
}

class LiveProgress implements Progress {
  readonly #judge: Judge;
  readonly #started = performance.now();
  readonly #clock: NodeJS.Timeout;
  #linesDrawn = 0;
  #stopping = false;
  #closed = false;

  constructor(
    private readonly capture: Capture,
    private readonly channel: Channel,
    private readonly options: ProgressOptions,
  ) {
    this.#judge = new Judge(capture);
    // The clock moves between samples, too.
    this.#clock = setInterval(() => {
      this.#draw();
    }, 500);
    this.#draw();
  }

  update(): void {
    this.#draw();
  }

  stopping(): void {
    this.#stopping = true;
    this.#draw();
  }

  say(text: string): void {
    if (this.#closed) return;
    this.channel.write(this.#erase() + text);
    this.#linesDrawn = 0;
    this.#draw();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#clock);
    this.channel.write(this.#erase());
  }

  /** Moves to where the table began and clears everything below. */
  #erase(): string {
    return this.#linesDrawn === 0 ? '' : `\x1b[${this.#linesDrawn}A\r\x1b[J`;
  }

  #draw(): void {
    if (this.#closed) return;
    const lines = liveTable(
      {
        target: targetName(this.capture),
        elapsedMs: performance.now() - this.#started,
        durationMs: this.options.durationMs,
        report: this.#judge.report(),
        first: this.capture.samples[0],
        last: this.capture.samples.at(-1),
        stopping: this.#stopping,
      },
      {
        columns: this.channel.columns,
        rows: this.channel.rows,
        cwd: this.options.cwd,
        style: this.channel.style,
      },
    );
    // Lines never wrap, whatever widths the terminal gives to characters, or the count of lines to
    // go back would be wrong.
    const body = lines.map((line) => `${line}\n`).join('');
    this.channel.write(`${this.#erase()}\x1b[?7l${body}\x1b[?7h`);
    this.#linesDrawn = lines.length;
  }
}

class PlainProgress implements Progress {
  readonly #judge: Judge;
  #nextNs = 0;

  constructor(
    private readonly capture: Capture,
    private readonly channel: Channel,
    private readonly options: ProgressOptions,
  ) {
    this.#judge = new Judge(capture);
    channel.write(
      `Tracing ${targetName(capture)} for ${formatSpan(options.durationMs)}; Ctrl-C ends it earlier.\n`,
    );
  }

  update(): void {
    const sample = this.capture.samples.at(-1);
    if (sample === undefined || sample.timeNs < this.#nextNs) return;
    this.#nextNs = sample.timeNs + (this.options.durationMs * 1e6) / PLAIN_LINES;
    const { totals, timeNs } = sample;
    const top = this.#judge.report()?.sites[0];
    const site =
      top === undefined
        ? ''
        : `; ${top.verdict}: ${siteLocation(top, this.options.cwd)} ${formatRate(top.trend.bytesPerSecond)}`;
    this.channel.write(
      `${formatSpan(timeNs / 1e6)}: ${formatGrowth(totals.allocatedBytes - totals.freedBytes)} traced${site}\n`,
    );
  }

  stopping(): void {
    this.channel.write('Ending the capture.\n');
  }

  say(text: string): void {
    this.channel.write(text);
  }

  close(): void {
    // Lines that were written stay.
  }
}
