/**
 * How long a verdict on a very large capture takes, and how much memory: 10,000 stacks on as many
 * lines, an hour of samples at 1 Hz. The target is 1 s and 200 MB.
 *
 *   node --expose-gc --import tsx bench/analysis-speed.ts
 *
 * The counters lie packed in one array and are unpacked sample by sample, so that what is measured is
 * the analysis and not the memory of its input.
 */
import { Analyzer } from '../extension/analysis/analyze.ts';
import { Simulation, uniform, type Place } from '../extension/analysis/testing/synthetic.ts';
import type { Counter } from '../protocol/agent.ts';
import type { Capture, Sample } from '../extension/capture/capture.ts';

const STACKS = 10_000;
const SAMPLES = 3600;
/** Counters that change in one sample, on average: a busy server has some hundred active stacks. */
const ACTIVE = 50;
const MAXIMUM_SECONDS = 1;
const MAXIMUM_BYTES = 200e6;

/** Six numbers for each counter, and where each sample's counters begin. */
interface Packed {
  readonly values: Float64Array;
  readonly starts: readonly number[];
}

/** Cohorts as the agent makes them: a sixteenth of the capture's age, and at least a second. */
function cohortStarts(): number[] {
  const starts = [0];
  for (let second = 1; second <= SAMPLES; second += 1) {
    if (second - (starts.at(-1) ?? 0) >= Math.max(1, second / 16)) starts.push(second);
  }
  return starts;
}

/** The k-th stack is active in every k/50-th second; one in seven leaks, the others turn over. */
function pack(cohorts: readonly number[]): Packed {
  const random = uniform(7);
  const values: number[] = [];
  const starts: number[] = [];
  const tallies = Array.from({ length: STACKS }, () => new Map<number, number[]>());
  let cohort = 0;
  for (let second = 0; second < SAMPLES; second += 1) {
    while ((cohorts[cohort + 1] ?? Infinity) < second) cohort += 1;
    starts.push(values.length);
    for (let stack = 0; stack < STACKS; stack += 1) {
      const period = Math.ceil((stack + 1) / ACTIVE);
      if ((second + stack) % period !== 0) continue;
      const tally = tallies[stack] ?? new Map<number, number[]>();
      const counts = tally.get(cohort) ?? [0, 0, 0, 0];
      tally.set(cohort, counts);
      const born = 1 + Math.floor(random() * 20);
      const died = stack % 7 === 0 ? Math.floor(born * 0.9) : born;
      counts[0] = (counts[0] ?? 0) + born;
      counts[1] = (counts[1] ?? 0) + born * 64;
      counts[2] = (counts[2] ?? 0) + died;
      counts[3] = (counts[3] ?? 0) + died * 64;
      values.push(stack, cohort, ...counts);
    }
  }
  starts.push(values.length);
  return { values: Float64Array.from(values), starts };
}

/** One place for each stack, so that each is a site of its own. */
function emptyCapture(): Capture {
  const simulation = new Simulation();
  for (let line = 1; line <= STACKS; line += 1) {
    const where: Place = {
      file: `/home/user/src/file${line % 200}.cpp`,
      line,
      function: `service::Handler${line % 500}::handle(int)`,
      through: ['std::vector<int>::push_back(int const&)'],
      callers: Array.from({ length: 12 }, (_, i) => ({ function: `caller${i}(int)`, line: i + 1 })),
    };
    simulation.allocate(where, 1);
  }
  return simulation.capture();
}

function* samples(packed: Packed, cohorts: readonly number[], shape: Sample): Generator<Sample> {
  let cohort = 0;
  let allocations = 0;
  for (let second = 0; second < SAMPLES; second += 1) {
    while ((cohorts[cohort + 1] ?? Infinity) < second) cohort += 1;
    const counters: Counter[] = [];
    const at = (index: number): number => packed.values[index] ?? 0;
    for (let i = packed.starts[second] ?? 0; i < (packed.starts[second + 1] ?? 0); i += 6) {
      counters.push([at(i), at(i + 1), at(i + 2), at(i + 3), at(i + 4), at(i + 5)]);
    }
    allocations += counters.length;
    yield {
      ...shape,
      sequence: second,
      timeNs: second * 1e9,
      cohort: { index: cohort, startNs: (cohorts[cohort] ?? 0) * 1e9 },
      counters,
      totals: { ...shape.totals, allocations },
    };
  }
}

/** Processor time of all threads, the collector's too: what a loaded machine does not change. */
function secondsOf(usage: NodeJS.CpuUsage): number {
  return (usage.user + usage.system) / 1e6;
}

function main(): void {
  const cohorts = cohortStarts();
  const capture = emptyCapture();
  const one = new Simulation();
  one.sample();
  const shape = one.capture().samples[0];
  if (shape === undefined) throw new Error('a simulation takes a sample when asked to');
  const packed = pack(cohorts);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const started = process.cpuUsage();
  const analyzer = new Analyzer(1000);
  for (const sample of samples(packed, cohorts, shape)) analyzer.add(sample);
  const feeding = secondsOf(process.cpuUsage(started));
  const report = analyzer.report(capture);
  const seconds = secondsOf(process.cpuUsage(started));
  globalThis.gc?.();
  const bytes = process.memoryUsage().heapUsed - before.heapUsed;
  const again = process.cpuUsage();
  analyzer.report(capture);
  const live = secondsOf(process.cpuUsage(again));
  const leaks = report.sites.filter((site) => site.verdict === 'leak').length;
  process.stdout.write(
    `${STACKS} stacks x ${SAMPLES} samples, ${packed.values.length / 6} counters: ` +
      `${seconds.toFixed(2)} s of processor time (feeding ${feeding.toFixed(2)} s), ` +
      `${(bytes / 1e6).toFixed(0)} MB held, the same report again ${live.toFixed(2)} s, ` +
      `${report.sites.length} sites, ${leaks} leaks\n`,
  );
  if (seconds > MAXIMUM_SECONDS || bytes > MAXIMUM_BYTES) {
    process.stderr.write(`more than ${MAXIMUM_SECONDS} s or ${MAXIMUM_BYTES / 1e6} MB\n`);
    process.exitCode = 1;
  }
}

main();
