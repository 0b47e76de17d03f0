/**
 * For tests: a report with one leak that has an inlined callee and two stacks, and one site that is
 * innocent. Written by hand, so that tests of what shows reports do not depend on the analysis.
 */
import type { Report, Site, StackFrame } from '../../analysis/report.ts';
import { noLosses } from '../../capture/testing/example.ts';

export const frames = {
  operatorNew: {
    function: 'operator new(unsigned long)',
    inlined: false,
    module: '/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30',
    address: '0x7f0000001000',
    owned: false,
  },
  make: {
    function: 'Session::make(int)',
    file: '/home/alice/server/src/session.cpp',
    line: 12,
    column: 9,
    inlined: true,
    module: '/opt/server',
    address: '0x401000',
    owned: true,
  },
  handle: {
    function: 'handle(Request const&)',
    file: '/home/alice/server/src/main.cpp',
    line: 40,
    inlined: false,
    module: '/opt/server',
    address: '0x401000',
    owned: true,
  },
  main: {
    function: 'main',
    file: '/home/alice/server/src/main.cpp',
    line: 50,
    inlined: false,
    module: '/opt/server',
    address: '0x402000',
    owned: true,
  },
  unknown: {
    function: '',
    inlined: false,
    module: '/opt/plugin.so',
    address: '0x7f0000002000',
    owned: false,
  },
} satisfies Record<string, StackFrame>;

const leak: Site = {
  fingerprint: '00112233aabbccdd',
  kind: 'heap',
  blamed: frames.make,
  verdict: 'leak',
  confidence: 0.98,
  explanation: 'None of 2,000 blocks was freed in 20 s.',
  trend: {
    bytesPerSecond: 25_600,
    interceptBytes: 0,
    interval: [25_000, 26_200],
    rSquared: 0.9991,
    robustBytesPerSecond: 25_600,
  },
  residue: undefined,
  holder: 'direct',
  survival: [],
  outstandingBytes: 512_000,
  outstandingCount: 2000,
  allocations: 2000,
  frees: 0,
  cohorts: [],
  series: {
    timeNs: [1e9, 2e9, 3e9, 4e9],
    outstandingBytes: [0, 170_000, 340_000, 512_000],
    outstandingCount: [0, 600, 1300, 2000],
    allocatedBytes: [0, 170_000, 340_000, 512_000],
    freedBytes: [0, 0, 0, 0],
  },
  freedAt: [{ frame: frames.main, blocks: 30, share: 0.97 }],
  through: frames.handle,
  members: [],
  stacks: [
    {
      stack: 0,
      end: 'complete',
      frames: [frames.operatorNew, frames.make, frames.handle, frames.main],
      outstandingBytes: 500_000,
      outstandingCount: 1950,
      allocations: 1950,
      frees: 0,
    },
    {
      stack: 7,
      end: 'truncated',
      frames: [frames.operatorNew, frames.make, frames.unknown],
      outstandingBytes: 12_000,
      outstandingCount: 50,
      allocations: 50,
      frees: 0,
    },
  ],
};

const steady: Site = {
  ...leak,
  fingerprint: 'ffeeddccbbaa9988',
  blamed: undefined,
  verdict: 'steady',
  confidence: 0.9,
  explanation: 'All blocks were freed again.',
  trend: { ...leak.trend, bytesPerSecond: 0, interval: [-10, 10], rSquared: 0 },
  outstandingBytes: 64,
  outstandingCount: 1,
  allocations: 20_000,
  frees: 19_999,
  series: { ...leak.series, outstandingBytes: [64, 128, 0, 64] },
  freedAt: [],
  through: undefined,
  stacks: [
    {
      stack: 1,
      end: 'guessed',
      frames: [frames.unknown, frames.operatorNew],
      outstandingBytes: 64,
      outstandingCount: 1,
      allocations: 20_000,
      frees: 19_999,
    },
  ],
};

export function exampleReport(): Report {
  return {
    sites: [leak, steady],
    durationNs: 20e9,
    samples: 20,
    balance: {
      processGrowthBytes: 520_000,
      tracedGrowthBytes: 512_000,
      growingSitesBytes: 512_000,
      unknownFrees: 0,
      explanation: 'The process grew by 520 kB.',
    },
    losses: { ...noLosses, stacksTruncated: 3 },
    partial: false,
    lossNotes: ['3 stacks were cut.'],
    cost: {
      hits: 42_000,
      targetNs: 38e6,
      agentNs: 20e6,
      coreShare: 0.0021,
      targetShare: 0.02,
    },
    exhaustion: undefined,
    gaps: [],
    restarts: 0,
    stackEnds: { complete: 98, truncated: 1, guessed: 1 },
  };
}
