/** A small capture and its report for the tests of the editor's pure parts. */
import { losses, type ProcessInfo } from '../../../protocol/agent.ts';
import type { Report, Site, SiteStack, StackFrame } from '../../analysis/report.ts';
import type { Capture } from '../../capture/capture.ts';

const noLosses = losses.parse(
  Object.fromEntries(Object.keys(losses.shape).map((kind) => [kind, 0])),
);

export function processSample(overrides: Partial<ProcessInfo> = {}): ProcessInfo {
  return {
    pid: 4242,
    parentPid: 1,
    name: 'server',
    command: ['/w/build/server', '--port', '80'],
    executable: '/w/build/server',
    uid: 1000,
    user: 'me',
    rssBytes: 12_345_678,
    threads: 4,
    startedUnixMs: 1_700_000_000_000,
    allocators: [{ family: 'glibc', module: '/usr/lib/libc.so.6' }],
    ...overrides,
  };
}

export function captureSample(overrides: Partial<Capture> = {}): Capture {
  return {
    host: {
      hostname: 'box',
      kernel: '6.18',
      architecture: 'x86_64',
      bootId: 'boot',
      cpus: 2,
      memoryBytes: 1e10,
    },
    features: { uprobeMulti: true, bpfLoop: true, mappings: true },
    agentVersion: '0.1.0',
    start: {
      process: processSample(),
      startedUnixMs: 1_700_000_100_000,
      probes: [],
      attach: 'uprobeMulti',
      mappings: { traced: true },
      limits: { blocks: 1000, stacks: 1000, counters: 1000, unwindRows: 1000 },
    },
    intervalMs: 1000,
    modules: [],
    locations: [],
    stacks: [],
    samples: [],
    end: { reason: 'stopped', detail: 'stopped' },
    ...overrides,
  };
}

export function frameSample(overrides: Partial<StackFrame> = {}): StackFrame {
  return {
    function: 'open_session(int)',
    file: '/w/src/server.cpp',
    line: 31,
    inlined: false,
    module: '/w/build/server',
    address: '0x1234',
    owned: true,
    ...overrides,
  };
}

export function stackSample(overrides: Partial<SiteStack> = {}): SiteStack {
  return {
    stack: 0,
    end: 'complete',
    frames: [
      frameSample({ function: 'operator new(unsigned long)', owned: false, module: '/lib/c++.so' }),
      frameSample(),
      frameSample({ function: 'main', line: 80 }),
    ],
    outstandingBytes: 12_300_000,
    outstandingCount: 4312,
    allocations: 5000,
    frees: 688,
    ...overrides,
  };
}

export function siteSample(overrides: Partial<Site> = {}): Site {
  return {
    fingerprint: 'f1',
    kind: 'heap',
    blamed: frameSample(),
    verdict: 'leak',
    confidence: 0.98,
    explanation: 'Nothing that was allocated here was freed.',
    trend: {
      bytesPerSecond: 20_000,
      interceptBytes: 0,
      interval: [19_000, 21_000],
      rSquared: 0.99,
      robustBytesPerSecond: 20_100,
    },
    residue: undefined,
    holder: 'direct',
    survival: [],
    outstandingBytes: 12_300_000,
    outstandingCount: 4312,
    allocations: 5000,
    frees: 688,
    cohorts: [],
    series: {
      timeNs: [0, 1e9, 2e9],
      outstandingBytes: [0, 6e6, 12.3e6],
      outstandingCount: [0, 2000, 4312],
      allocatedBytes: [0, 7e6, 14e6],
      freedBytes: [0, 1e6, 1.7e6],
    },
    freedAt: [],
    through: undefined,
    members: [],
    stacks: [stackSample()],
    ...overrides,
  };
}

export function reportSample(overrides: Partial<Report> = {}): Report {
  return {
    sites: [siteSample()],
    durationNs: 120e9,
    samples: 120,
    balance: {
      processGrowthBytes: 13e6,
      tracedGrowthBytes: 12.3e6,
      growingSitesBytes: 12.3e6,
      unknownFrees: 0,
      explanation: 'Most of the growth is explained.',
    },
    losses: noLosses,
    partial: false,
    lossNotes: [],
    cost: { hits: 10_000, targetNs: 1e7, agentNs: 1e7, coreShare: 0.004, targetShare: 0.01 },
    exhaustion: undefined,
    gaps: [],
    restarts: 0,
    stackEnds: { complete: 1, truncated: 0, guessed: 0 },
    ...overrides,
  };
}
