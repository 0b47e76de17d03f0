/**
 * Captures of the simulated programs, and ways to damage a capture that a real agent, clock or
 * network has too.
 */
import type { Capture, Sample } from '../../capture/capture.ts';
import type { Counter } from '../../../protocol/agent.ts';
import type { Program } from './parts.ts';
import { Simulation, uniform, type SimulationOptions } from './synthetic.ts';

export interface Run extends SimulationOptions {
  readonly duration: number;
  readonly rate: number;
  readonly seed: number;
}

/** Runs a program for a while under capture. */
export function captureOf(program: Program, run: Run): Capture {
  const simulation = new Simulation(run);
  const random = uniform(run.seed * 7919 + run.rate);
  const operation = program.start({
    simulation,
    rate: run.rate,
    random,
    duration: run.duration,
  });
  let due = 0;
  simulation.run(run.duration, (now) => {
    for (due += run.rate / 50; due >= 1; due -= 1) operation(now);
  });
  return simulation.capture();
}

/** The capture with each of its samples changed. */
export function mapSamples(
  capture: Capture,
  change: (sample: Sample, index: number) => Sample,
): Capture {
  return { ...capture, samples: capture.samples.map(change) };
}

/** All byte counts, the process's too, multiplied. */
export function scaleBytes(capture: Capture, factor: number): Capture {
  return mapSamples(capture, (sample) => ({
    ...sample,
    counters: sample.counters.map(
      ([stack, cohort, allocations, allocated, frees, freed]): Counter => [
        stack,
        cohort,
        allocations,
        allocated * factor,
        frees,
        freed * factor,
      ],
    ),
    totals: {
      ...sample.totals,
      allocatedBytes: sample.totals.allocatedBytes * factor,
      freedBytes: sample.totals.freedBytes * factor,
    },
    process: {
      ...sample.process,
      anonymousBytes: sample.process.anonymousBytes * factor,
      rssBytes: sample.process.rssBytes * factor,
    },
  }));
}

/** The stacks numbered in another order. */
export function renumberStacks(capture: Capture, order: readonly number[]): Capture {
  const renumbered = mapSamples(capture, (sample) => ({
    ...sample,
    counters: sample.counters.map(([stack, ...rest]): Counter => [order[stack] ?? stack, ...rest]),
  }));
  const stacks: Capture['stacks'][number][] = [];
  capture.stacks.forEach((info, stack) => {
    const number = order[stack] ?? stack;
    stacks[number] = info === undefined ? undefined : { ...info, stack: number };
  });
  return { ...renumbered, stacks };
}

/** A capture that another agent takes over: the second's counters and clock begin again. */
export function joinRestarted(first: Capture, second: Capture): Capture {
  return { ...second, samples: [...first.samples, ...second.samples] };
}

/**
 * The capture as it is when the agent could not take some samples: what changed meanwhile is in the
 * next one that it took.
 */
export function withoutSamples(capture: Capture, isLost: (index: number) => boolean): Capture {
  const samples: Sample[] = [];
  let pending = new Map<string, Counter>();
  capture.samples.forEach((sample, index) => {
    for (const counter of sample.counters) pending.set(`${counter[0]},${counter[1]}`, counter);
    if (isLost(index)) return;
    samples.push({ ...sample, counters: [...pending.values()] });
    pending = new Map();
  });
  return { ...capture, samples };
}
