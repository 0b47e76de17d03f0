/**
 * For tests: a capture of a program that leaks 100 blocks of 256 bytes a second at one stack and
 * frees all that it allocates at another.
 */
import type { Counter, SampleMessage } from '../../../protocol/agent.ts';
import type { Capture, Sample } from '../capture.ts';

export const noLosses: SampleMessage['losses'] = {
  blocksFull: 0,
  stacksFull: 0,
  countersFull: 0,
  threadsFull: 0,
  ringFull: 0,
  unwindRowsFull: 0,
  stacksTruncated: 0,
  stacksGuessed: 0,
  returnsMissed: 0,
  freesMissed: 0,
  freeSitesFull: 0,
  probesMissed: 0,
};

/** One sample a second, with these counters. */
export function exampleSample(sequence: number, counters: Counter[]): Sample {
  const timeNs = (sequence + 1) * 1e9;
  const leaked = 100 * (sequence + 1);
  return {
    sequence,
    timeNs,
    unixMs: 1_700_000_000_000 + timeNs / 1e6,
    cohort: { index: sequence, startNs: sequence * 1e9 },
    counters,
    freeSites: [],
    totals: {
      allocations: 11 * leaked,
      allocatedBytes: leaked * 256 + 10 * leaked * 64,
      frees: 10 * leaked,
      freedBytes: 10 * leaked * 64,
      unknownFrees: 0,
      failedAllocations: 0,
    },
    process: {
      rssBytes: 10_000_000 + leaked * 256,
      anonymousBytes: 5_000_000 + leaked * 256,
      swapBytes: 0,
      virtualBytes: 100_000_000,
      threads: 3,
      cpuNs: 1e8 * sequence,
    },
    cost: {
      hits: 21 * leaked,
      targetNs: 21 * leaked * 900,
      agentNs: 1e6 * sequence,
      coreShare: 0.0019,
      targetShare: 0.02,
    },
    losses: noLosses,
  };
}

/**
 * @param samples how many seconds it lasts
 */
export function exampleCapture(samples = 20): Capture {
  return {
    host: {
      hostname: 'testhost',
      kernel: '6.18.0',
      architecture: 'x86_64',
      bootId: '00000000-0000-0000-0000-000000000000',
      cpus: 2,
      memoryBytes: 8_000_000_000,
    },
    features: { uprobeMulti: true, bpfLoop: true, mappings: true },
    agentVersion: '0.1.0',
    start: {
      process: {
        pid: 4711,
        parentPid: 1,
        name: 'server',
        command: ['/opt/server'],
        executable: '/opt/server',
        uid: 1000,
        user: 'alice',
        rssBytes: 10_000_000,
        threads: 3,
        startedUnixMs: 1_699_999_000_000,
        allocators: [{ family: 'glibc', module: '/usr/lib/libc.so.6' }],
      },
      startedUnixMs: 1_700_000_000_000,
      probes: [],
      attach: 'uprobeMulti',
      mappings: { traced: true },
      limits: { blocks: 1000, stacks: 100, counters: 1000, unwindRows: 1000 },
    },
    intervalMs: 1000,
    modules: [
      { module: 0, path: '/opt/server', buildId: 'ab12', unwindRows: 100, symbols: 'dwarf' },
    ],
    locations: [
      {
        address: '0x401000',
        module: 0,
        offset: 4096,
        frames: [
          { function: 'make()', file: '/home/alice/server/make.cpp', line: 12, inlined: true },
          {
            function: 'handle(int)',
            file: '/home/alice/server/main.cpp',
            line: 40,
            inlined: false,
          },
        ],
      },
      undefined,
      { address: '0x402000', module: 0, offset: 8192, frames: undefined },
    ],
    stacks: [
      { stack: 0, kind: 'heap', end: 'complete', locations: [0, 2] },
      undefined,
      { stack: 2, kind: 'heap', end: 'guessed', locations: [2] },
    ],
    samples: Array.from({ length: samples }, (_, sequence) =>
      exampleSample(sequence, [
        [0, sequence, 100, 25_600, 0, 0],
        [2, sequence, 1000, 64_000, 1000, 64_000],
      ]),
    ),
    end: { reason: 'stopped', detail: '' },
  };
}
