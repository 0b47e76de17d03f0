/** Judges a capture while it grows. */
import { Analyzer } from '../analysis/analyze.ts';
import type { Report } from '../analysis/report.ts';
import type { Capture } from '../capture/capture.ts';

export class Judge {
  readonly #capture: Capture;
  readonly #analyzer: Analyzer;
  #added = 0;
  #report: Report | undefined;

  /** @param capture to which samples are being added */
  constructor(capture: Capture) {
    this.#capture = capture;
    this.#analyzer = new Analyzer(capture.intervalMs);
  }

  /** The report on all samples so far; undefined before the first. */
  report(): Report | undefined {
    const { samples } = this.#capture;
    if (this.#added < samples.length) {
      for (const sample of samples.slice(this.#added)) this.#analyzer.add(sample);
      this.#added = samples.length;
      this.#report = this.#analyzer.report(this.#capture);
    }
    return this.#report;
  }
}
