/**
 * Verdicts on simulated programs with known truth: how often they are right, and how often a
 * confidence is deserved.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyze } from './analyze.ts';
import type { Site, Verdict } from './report.ts';
import { captureOf } from './testing/captures.ts';
import { innocentPrograms } from './testing/innocent-programs.ts';
import { leakingPrograms } from './testing/leaking-programs.ts';
import type { Program } from './testing/parts.ts';
import { randomProgram } from './testing/random-programs.ts';
import { uniform } from './testing/synthetic.ts';

interface Outcome {
  readonly program: Program;
  readonly site: Site;
  readonly leaks: boolean;
  readonly what: string;
}

/** Every site of the programs, at several rates. */
function outcomes(programs: readonly Program[], duration: number): Outcome[] {
  return programs.flatMap((program) =>
    [20, 100, 500].flatMap((rate) =>
      [1, 2].flatMap((seed) =>
        analyze(captureOf(program, { duration, rate, seed })).sites.map((site) => ({
          program,
          site,
          leaks: program.leaks.includes(site.blamed?.line ?? 0),
          what: `${program.name}, ${rate}/s, ${duration} s: ${site.verdict}, ${site.explanation}`,
        })),
      ),
    ),
  );
}

const called = (all: readonly Outcome[], verdict: Verdict): Outcome[] =>
  all.filter(({ site }) => site.verdict === verdict);

describe('verdicts', () => {
  it('call nothing innocent a leak within 20 s, and miss no quick leak', () => {
    const innocents = outcomes(innocentPrograms, 20);
    assert.deepEqual(
      called(innocents, 'leak').map(({ what }) => what),
      [],
    );
    const quick = leakingPrograms.filter(({ slow }) => !slow);
    const missed = outcomes(quick, 20).filter(
      ({ leaks, site }) => leaks !== (site.verdict === 'leak'),
    );
    assert.deepEqual(
      missed.map(({ what }) => what),
      [],
    );
  });

  it('have a precision of 0.98 and a recall of 0.95 at 60 s', () => {
    const all = outcomes([...leakingPrograms, ...innocentPrograms], 60);
    const leaks = called(all, 'leak');
    const right = leaks.filter((outcome) => outcome.leaks).length;
    const truth = all.filter((outcome) => outcome.leaks).length;
    const wrong = leaks.filter((outcome) => !outcome.leaks).map(({ what }) => what);
    assert.ok(right / leaks.length >= 0.98, wrong.join('\n'));
    const missed = all.filter(({ leaks, site }) => leaks && site.verdict !== 'leak');
    assert.ok(right / truth >= 0.95, missed.map(({ what }) => what).join('\n'));
  });

  it('name the innocent forms', () => {
    const expected: Readonly<Record<string, readonly Verdict[]>> = {
      'start-up burst': ['warm-up'],
      'cache filling with new keys only': ['growing'],
      'cache filling with random keys': ['growing'],
      'cache that reaches its bound early': ['cache'],
      'cache that was full before the capture': ['growing'],
      'entries that live for four seconds': ['cache'],
      'ring of the last lines': ['cache'],
      'arena released every three seconds': ['sawtooth'],
      'connections by time of day': ['sawtooth'],
      'backlog worked off every seven seconds': ['sawtooth'],
      'vector that doubles until half way': ['warm-up'],
      'leak that stopped': ['warm-up'],
      'steady population of the young': ['steady'],
      'sessions longer than the capture, renewed': ['growing'],
    };
    const unexpected = outcomes(innocentPrograms, 60).filter(
      ({ program, site }) => expected[program.name]?.includes(site.verdict) === false,
    );
    assert.deepEqual(
      unexpected.map(({ what }) => what),
      [],
    );
  });

  it('are as often right as they say', () => {
    const bins = new Map<string, { count: number; right: number; said: number }>();
    for (const duration of [12, 20, 40, 60]) {
      for (let seed = 0; seed < 250; seed += 1) {
        const random = uniform(seed * 31 + duration);
        const program = randomProgram(random);
        const rate = 10 * 50 ** random();
        for (const site of analyze(captureOf(program, { duration, rate, seed })).sites) {
          if (site.verdict === 'growing' || site.verdict === 'insufficient data') continue;
          const isLeak = site.verdict === 'leak';
          const kind = isLeak ? 'leak' : 'innocent';
          const bin = `${kind} ${Math.min(0.95, Math.floor(site.confidence * 20) / 20)}`;
          const known = bins.get(bin) ?? { count: 0, right: 0, said: 0 };
          known.count += 1;
          known.right += isLeak === program.leaks.includes(site.blamed?.line ?? 0) ? 1 : 0;
          known.said += site.confidence;
          bins.set(bin, known);
        }
      }
    }
    for (const [bin, { count, right, said }] of bins) {
      if (count < 60) continue;
      const difference = right / count - said / count;
      // Two standard errors of a share of nine tenths, and three percent.
      const tolerance = 0.03 + (2 * 0.3) / Math.sqrt(count);
      assert.ok(difference > -tolerance, `${bin}: right ${right / count}, said ${said / count}`);
      assert.ok(difference < 0.12, `${bin}: right ${right / count}, said ${said / count}`);
    }
    assert.ok(bins.size >= 4);
  });
});
