/**
 * What a running capture shows on standard error: a live table on a terminal, and elsewhere a line
 * now and then, which a log can keep.
 */
import { performance } from 'node:perf_hooks';
import { leakRate } from '../analysis/exhaustion.ts';
import type { Capture } from '../capture/capture.ts';
import type { Channel } from './console.ts';
import { formatGrowth, formatRate, formatSpan } from './format.ts';
import { liveTable } from './live-table.ts';
import type { Judge } from './judge.ts';
import { siteLocation, targetName } from './present.ts';

/** Lines that a capture leaves in a log, whatever its length. */
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
  readonly judge: Judge;
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

class LiveProgress implements Progress {
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

  /** Clears the table and moves to where it began. */
  #erase(): string {
    const up = `\x1b[${this.#linesDrawn}A`;
    return this.#linesDrawn === 0 ? '' : `\r${up}${'\x1b[2K\n'.repeat(this.#linesDrawn)}${up}`;
  }

  #draw(): void {
    if (this.#closed) return;
    const lines = liveTable(
      {
        target: targetName(this.capture),
        elapsedMs: performance.now() - this.#started,
        durationMs: this.options.durationMs,
        report: this.options.judge.report(),
        first: this.capture.samples[0],
        last: this.capture.samples.at(-1),
        stopping: this.#stopping,
      },
      {
        columns: this.channel.columns ?? 80,
        rows: this.channel.rows ?? 24,
        cwd: this.options.cwd,
        style: this.channel.style,
      },
    );
    // Each line replaces the one that stood there, so that nothing flickers. Lines never wrap,
    // whatever widths the terminal gives to characters, or the count of lines to go back would be
    // wrong.
    const back = this.#linesDrawn === 0 ? '' : `\r\x1b[${this.#linesDrawn}A`;
    const body = lines.map((line) => `\x1b[2K${line}\n`).join('');
    this.channel.write(`${back}\x1b[?7l${body}\x1b[?7h\x1b[J`);
    this.#linesDrawn = lines.length;
  }
}

class PlainProgress implements Progress {
  #nextNs = 0;

  constructor(
    private readonly capture: Capture,
    private readonly channel: Channel,
    private readonly options: ProgressOptions,
  ) {
    channel.write(
      `Tracing ${targetName(capture)} for ${formatSpan(options.durationMs)}; Ctrl-C ends it earlier.\n`,
    );
  }

  update(): void {
    const sample = this.capture.samples.at(-1);
    if (sample === undefined || sample.timeNs < this.#nextNs) return;
    this.#nextNs = sample.timeNs + (this.options.durationMs * 1e6) / PLAIN_LINES;
    const { totals, timeNs } = sample;
    const top = this.options.judge.report()?.sites[0];
    const site =
      top === undefined
        ? ''
        : `; ${top.verdict}: ${siteLocation(top, this.options.cwd)} ${formatRate(leakRate(top))}`;
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
