/** Captures of the whole corpus at one rate, and what the analysis made of each after every sample. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Analyzer } from '../../extension/analysis/analyze.ts';
import type { Report } from '../../extension/analysis/report.ts';
import type { Capture } from '../../extension/capture/capture.ts';
import { saveCapture } from '../../extension/capture/file.ts';
import {
  openAgent,
  placeOf,
  sampleWhere,
  startCapture,
} from '../../test/support/direct-capture.ts';
import { TargetProcess } from '../../test/support/target-process.ts';
import { corpus, repository, type Target } from '../../test/support/targets.ts';

/** Sample programs are idle most of the time, so that some fit beside each other. */
const AT_ONCE = 6;
const folder = path.join(repository, 'build', 'bench', 'captures');

/** One blamed line. */
export interface Blame {
  readonly line: string;
  readonly confidence: number;
}

/** What was blamed when a capture was so many seconds old. */
export interface Judgement {
  readonly seconds: number;
  readonly blamed: readonly Blame[];
}

export interface JudgedCapture {
  readonly target: Target;
  /** Times the program's own rate. */
  readonly factor: number;
  /** One for each sample, oldest first. */
  readonly judgements: readonly Judgement[];
}

function blamedBy(report: Report): Blame[] {
  return report.sites
    .filter(({ verdict }) => verdict === 'leak')
    .map(({ blamed, confidence }) => ({
      line: blamed === undefined ? 'an unknown line' : placeOf(blamed),
      confidence,
    }));
}

function judge(target: Target, factor: number, capture: Capture): JudgedCapture {
  const analyzer = new Analyzer(capture.intervalMs);
  const judgements = capture.samples.map((sample, index) => {
    analyzer.add(sample);
    const soFar = { ...capture, samples: capture.samples.slice(0, index + 1), end: undefined };
    return { seconds: sample.timeNs / 1e9, blamed: blamedBy(analyzer.report(soFar)) };
  });
  return { target, factor, judgements };
}

async function captureOne(target: Target, factor: number, seconds: number): Promise<JudgedCapture> {
  const rate = String(target.rate * factor);
  const running = await TargetProcess.start(target, { args: ['--rate', rate] });
  const agent = await openAgent();
  try {
    const session = await startCapture(agent, running.pid, { intervalMs: 1000 });
    await sampleWhere(session, ({ timeNs }) => timeNs >= seconds * 1e9);
    await session.stop();
    await saveCapture(path.join(folder, `${target.name}-x${factor}.leaklens`), session.capture);
    return judge(target, factor, session.capture);
  } finally {
    await agent.dispose();
    await running.kill();
  }
}

/**
 * Captures every program of the corpus; the captures stay in build/bench/captures.
 * @param factor times each program's own rate
 * @param seconds length of each capture
 */
export async function captureCorpus(factor: number, seconds: number): Promise<JudgedCapture[]> {
  await mkdir(folder, { recursive: true });
  const waiting = [...corpus()];
  const judged: JudgedCapture[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      judged.push(await captureOne(next, factor, seconds));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return judged.sort((a, b) => a.target.name.localeCompare(b.target.name));
}
