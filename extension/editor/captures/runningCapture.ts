/**
 * A capture while it runs: keeps the list up to date with a report for each sample, writes the
 * journal, ends the capture when its time is over, and the agent when the capture has ended.
 */
import { Analyzer } from '../../analysis/analyzer.ts';
import type { CaptureEnd } from '../../capture/capture.ts';
import { Journal } from '../../capture/journal.ts';
import type { CaptureSession } from '../../capture/session.ts';
import type { AgentConnection } from '../../hosts/connection.ts';
import { type Disposable, DisposableList } from '../disposables.ts';
import type { CaptureList } from './captureList.ts';
import { captureId, openCapture } from './openCapture.ts';

/** A report takes at most this share of the extension host's time. */
const reportShare = 0.1;

export interface RunningOptions {
  /** Where the journal is written; undefined: nowhere. */
  readonly journal: string | undefined;
  /** ms; 0: until it is stopped. */
  readonly durationMs: number;
  /** Told of what goes wrong and does not end the capture. */
  readonly warn: (message: string, error: unknown) => void;
}

export class RunningCapture implements Disposable {
  readonly id: string;
  /** Resolves, never rejects, once the capture has ended and the agent is gone. */
  readonly ended: Promise<CaptureEnd>;
  readonly #session: CaptureSession;
  readonly #connection: AgentConnection;
  readonly #list: CaptureList;
  readonly #analyzer: Analyzer;
  readonly #owned = new DisposableList();
  readonly #journal: Journal | undefined;
  #analyzed = 0;
  #reportTimer: NodeJS.Timeout | undefined;
  #nextReport = 0;

  /** Takes ownership of the session's connection. */
  constructor(
    session: CaptureSession,
    connection: AgentConnection,
    list: CaptureList,
    options: RunningOptions,
  ) {
    this.#session = session;
    this.#connection = connection;
    this.#list = list;
    this.id = captureId(session.capture);
    this.#analyzer = new Analyzer(session.capture.intervalMs);
    if (options.journal !== undefined)
      this.#journal = new Journal(options.journal, session, (error) => {
        options.warn('The capture cannot be kept on disk while it runs', error);
      });
    this.#owned.add(
      session.onEvent((event) => {
        if (event.method !== 'ended') this.#scheduleReport();
      }),
    );
    if (options.durationMs > 0) {
      const timer = setTimeout(() => void this.stop(), options.durationMs);
      this.#owned.add({
        dispose: () => {
          clearTimeout(timer);
        },
      });
    }
    this.#report();
    this.ended = this.#finish();
  }

  /** Ends the capture with a last sample; resolves when the agent is gone. */
  async stop(): Promise<CaptureEnd> {
    await this.#session.stop();
    return this.ended;
  }

  /** Ends everything at once, without a last sample: the window is closing. */
  dispose(): void {
    this.#release();
    void this.#connection.dispose();
  }

  async #finish(): Promise<CaptureEnd> {
    const end = await this.#session.ended;
    this.#release();
    await Promise.all([this.#connection.dispose(), this.#journal?.close()]);
    this.#report();
    return end;
  }

  #release(): void {
    this.#owned.dispose();
    clearTimeout(this.#reportTimer);
    this.#reportTimer = undefined;
  }

  /** Symbols come in many small messages: one report serves all that are there by then. */
  #scheduleReport(): void {
    if (this.#reportTimer !== undefined) return;
    const wait = Math.max(50, this.#nextReport - performance.now());
    this.#reportTimer = setTimeout(() => {
      this.#reportTimer = undefined;
      this.#report();
    }, wait);
  }

  #report(): void {
    const { capture } = this.#session;
    const begun = performance.now();
    for (const sample of capture.samples.slice(this.#analyzed)) this.#analyzer.add(sample);
    this.#analyzed = capture.samples.length;
    const report = this.#analyzer.report(capture);
    const took = performance.now() - begun;
    this.#nextReport = performance.now() + took / reportShare;
    this.#list.put(openCapture(capture, report, capture.end === undefined, undefined));
  }
}
