/**
 * How right the verdicts are: every program of the corpus at several rates, judged at several ages of
 * its capture. Prints precision, recall, exactly right lines, the time to the verdict, and how the
 * stated confidence compares with how often it was right.
 */
import { median } from 'simple-statistics';
import {
  captureCorpus,
  type Blame,
  type JudgedCapture,
  type Judgement,
} from './support/corpus-captures.ts';
import { printTable, verdictOf } from './support/table.ts';

const FACTORS = [0.5, 1, 3];
const SECONDS = [20, 40, 60];
const LONGEST = Math.max(...SECONDS);
const LEAST = { precision: 0.98, recall: 0.95, exact: 0.95 };
const BINS = [0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** The last judgement of a capture that was at most so old; the samples come a little late. */
function judgementAt({ judgements }: JudgedCapture, seconds: number): Judgement | undefined {
  return judgements.filter((judgement) => judgement.seconds <= seconds + 0.5).at(-1);
}

function isRight({ target }: JudgedCapture, { line }: Blame): boolean {
  return target.truth.kind === 'leak' && target.marked.includes(line);
}

interface Score {
  readonly precision: number;
  readonly recall: number;
  readonly exact: number;
  readonly falseLeaks: readonly string[];
  readonly missed: readonly string[];
}

/** Precision counts blamed lines, recall marked lines, and exactness leaking programs. */
function scoreAt(captures: readonly JudgedCapture[], seconds: number): Score {
  let right = 0;
  let marked = 0;
  let leaking = 0;
  let exact = 0;
  const falseLeaks: string[] = [];
  const missed: string[] = [];
  for (const capture of captures) {
    const blamed = judgementAt(capture, seconds)?.blamed ?? [];
    const wrong = blamed.filter((blame) => !isRight(capture, blame));
    falseLeaks.push(...wrong.map(({ line }) => line));
    if (capture.target.truth.kind !== 'leak') continue;
    const lines = new Set(blamed.map(({ line }) => line));
    const unseen = capture.target.marked.filter((line) => !lines.has(line));
    missed.push(...unseen);
    leaking += 1;
    marked += capture.target.marked.length;
    right += capture.target.marked.length - unseen.length;
    if (unseen.length === 0 && wrong.length === 0) exact += 1;
  }
  return {
    precision: right / Math.max(1, right + falseLeaks.length),
    recall: right / Math.max(1, marked),
    exact: exact / Math.max(1, leaking),
    falseLeaks,
    missed,
  };
}

/** Seconds until every marked line was blamed and stayed so; undefined where that never was. */
function timeToVerdict({ target, judgements }: JudgedCapture): number | undefined {
  let since: number | undefined;
  for (const { seconds, blamed } of judgements) {
    const lines = new Set(blamed.map(({ line }) => line));
    const all = target.marked.every((line) => lines.has(line));
    since = all ? (since ?? seconds) : undefined;
  }
  return since;
}

function printScores(captures: readonly JudgedCapture[]): void {
  const rows = FACTORS.flatMap((factor) =>
    SECONDS.map((seconds) => {
      const score = scoreAt(
        captures.filter((capture) => capture.factor === factor),
        seconds,
      );
      return [
        `${factor} x, ${seconds} s`,
        score.precision.toFixed(3),
        score.recall.toFixed(3),
        score.exact.toFixed(3),
        score.falseLeaks.join(' ') || '-',
        score.missed.join(' ') || '-',
      ];
    }),
  );
  printTable(
    'Verdicts by rate and age of the capture',
    ['', 'precision', 'recall', 'exact', 'falsely blamed', 'missed'],
    rows,
  );
}

function printTimes(captures: readonly JudgedCapture[]): void {
  const leaking = captures.filter(({ target }) => target.truth.kind === 'leak');
  const names = [...new Set(leaking.map(({ target }) => target.name))];
  const times = new Map(leaking.map((capture) => [capture, timeToVerdict(capture)]));
  const rows = names.map((name) => [
    name,
    ...FACTORS.map((factor) => {
      const found = leaking.find(
        ({ target, factor: own }) => target.name === name && own === factor,
      );
      const time = found === undefined ? undefined : times.get(found);
      return time === undefined ? 'never' : `${time.toFixed(0)} s`;
    }),
  ]);
  const reached = [...times.values()].filter((time) => time !== undefined);
  printTable(
    `Time to the verdict that stays; the median is ${median(reached).toFixed(0)} s`,
    ['', ...FACTORS.map((factor) => `${factor} x`)],
    rows,
  );
}

function printCalibration(captures: readonly JudgedCapture[]): void {
  const blames = captures.flatMap((capture) =>
    SECONDS.flatMap((seconds) =>
      (judgementAt(capture, seconds)?.blamed ?? []).map((blame) => ({
        confidence: blame.confidence,
        right: isRight(capture, blame),
      })),
    ),
  );
  const rows = BINS.slice(1).map((upper, index) => {
    const lower = BINS[index] ?? 0;
    const within = blames.filter(({ confidence }) => confidence > lower && confidence <= upper);
    const right = within.filter((blame) => blame.right).length;
    const stated = within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length;
    return [
      `${lower} to ${upper}`,
      String(within.length),
      within.length === 0 ? '-' : stated.toFixed(2),
      within.length === 0 ? '-' : (right / within.length).toFixed(2),
    ];
  });
  printTable('Confidence of a leak', ['stated', 'verdicts', 'mean stated', 'right'], rows);
}

function printTargets(captures: readonly JudgedCapture[]): void {
  const own = captures.filter(({ factor }) => factor === 1);
  const at60 = scoreAt(own, LONGEST);
  const at20 = scoreAt(own, 20);
  const rows = (['precision', 'recall', 'exact'] as const).map((what) => [
    `${what} at ${LONGEST} s`,
    at60[what].toFixed(3),
    `at least ${LEAST[what]}`,
    verdictOf(at60[what] >= LEAST[what]),
  ]);
  const none = at20.falseLeaks.length === 0;
  rows.push(['falsely blamed at 20 s', String(at20.falseLeaks.length), 'none', verdictOf(none)]);
  printTable("To reach, at the programs' own rates", ['', 'measured', '', ''], rows);
}

async function main(): Promise<void> {
  const captures: JudgedCapture[] = [];
  for (const factor of FACTORS) captures.push(...(await captureCorpus(factor, LONGEST)));
  printScores(captures);
  printTimes(captures);
  printCalibration(captures);
  printTargets(captures);
}

void main();
