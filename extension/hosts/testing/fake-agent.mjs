// A scripted agent for tests: speaks the protocol on stdio like the real one, traces nothing, and
// misbehaves in the way that its first argument names.
//
// Usage: fake-agent.mjs BEHAVIOUR serve
import { setTimeout as delay } from 'node:timers/promises';

const [behaviour = 'normal'] = process.argv.slice(2);
const pid = 4711;
let timer;
let sequence = 0;
let intervalMs = 1000;

function send(message) {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
const notify = (method, params) => send({ method, params });

const processInfo = {
  pid,
  parentPid: 1,
  name: 'server',
  command: ['/opt/server', '--port', '80'],
  executable: '/opt/server',
  uid: 1000,
  user: 'alice',
  rssBytes: 10_000_000,
  threads: 3,
  startedUnixMs: 1_700_000_000_000,
  allocators: [{ family: 'glibc', module: '/usr/lib/libc.so.6' }],
};

const greeting = {
  protocolVersion: behaviour === 'other-version' ? 99 : 1,
  agent: { version: '0.1.0', pid: process.pid },
  host: {
    hostname: 'testhost',
    kernel: '6.18.0',
    architecture: 'x86_64',
    bootId: '00000000-0000-0000-0000-000000000000',
    cpus: 2,
    memoryBytes: 8_000_000_000,
  },
  features: { uprobeMulti: true, bpfLoop: true, mappings: true },
};
if (behaviour === 'other-version') greeting.host = 'something else';

const zeroLosses = {
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

// Two stacks: number 0 leaks 100 blocks of 256 bytes a second, number 1 frees what it allocates.
function sample() {
  const n = sequence++;
  // The clock runs a second per sample, so that a short test sees a long capture.
  const timeNs = (n + 1) * 1e9;
  const leaked = 100 * (n + 1);
  const churned = 1000 * (n + 1);
  notify('capture/sample', {
    captureId: 1,
    sequence: n,
    timeNs,
    unixMs: 1_700_000_000_000 + timeNs / 1e6,
    cohort: { index: n, startNs: n * 1e9 },
    counters: [
      [0, n, 100, 25_600, 0, 0],
      [1, n, 1000, 64_000, 1000, 64_000],
    ],
    freeSites: [],
    totals: {
      allocations: leaked + churned,
      allocatedBytes: leaked * 256 + churned * 64,
      frees: churned,
      freedBytes: churned * 64,
      unknownFrees: 0,
      failedAllocations: 0,
    },
    process: {
      rssBytes: 10_000_000 + leaked * 256,
      anonymousBytes: 5_000_000 + leaked * 256,
      swapBytes: 0,
      virtualBytes: 100_000_000,
      threads: 3,
      cpuNs: 1e8 * n,
    },
    cost: {
      hits: leaked + 2 * churned,
      targetNs: (leaked + 2 * churned) * 900,
      agentNs: 1e6 * n,
      coreShare: 0.004,
      targetShare: 0.02,
    },
    losses: zeroLosses,
  });
}

function startCapture() {
  notify('capture/modules', {
    captureId: 1,
    modules: [
      { module: 0, path: '/opt/server', buildId: 'ab12', unwindRows: 100, symbols: 'dwarf' },
    ],
  });
  notify('capture/stacks', {
    captureId: 1,
    locations: [
      [0, '0x401000', 0, 4096],
      [1, '0x402000', 0, 8192],
    ],
    stacks: [
      { stack: 0, kind: 'heap', end: 'complete', locations: [0, 1] },
      { stack: 1, kind: 'heap', end: 'complete', locations: [1] },
    ],
  });
  notify('capture/symbols', {
    captureId: 1,
    symbols: [
      {
        location: 0,
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
      {
        location: 1,
        frames: [
          { function: 'main', file: '/home/alice/server/main.cpp', line: 50, inlined: false },
        ],
      },
    ],
  });
  timer = setInterval(() => {
    sample();
    if (sequence < 3) return;
    if (behaviour === 'killed-mid-capture') process.kill(process.pid, 'SIGKILL');
    if (behaviour === 'target-exits') endCapture('exited', 'The target ended.');
    if (behaviour === 'bad-sample') notify('capture/sample', { captureId: 1, sequence: -1 });
    if (behaviour === 'bad-index') {
      notify('capture/stacks', {
        captureId: 1,
        locations: [[4_000_000_000, '0x1', 0, 0]],
        stacks: [],
      });
    }
    if (behaviour === 'garbage-mid-capture') process.stdout.write('Segmentation fault\n');
  }, intervalMs);
}

function endCapture(reason, detail) {
  clearInterval(timer);
  notify('capture/ended', { captureId: 1, reason, detail });
}

const limits = { blocks: 1000, stacks: 100, counters: 1000, unwindRows: 1000 };
const handlers = {
  initialize: async () => {
    if (behaviour === 'slow') await delay(1000);
    return greeting;
  },
  shutdown: () => null,
  'process/list': () => ({
    processes: [
      processInfo,
      { ...processInfo, pid: 4712, name: 'worker', executable: '/opt/worker', rssBytes: 2e6 },
      { ...processInfo, pid: 4713, name: 'worker', executable: '/opt/worker', rssBytes: 3e6 },
      {
        ...processInfo,
        pid: 2,
        name: 'kthreadd',
        command: [],
        executable: '',
        allocators: [],
        obstacle: { kind: 'kernelThread', message: 'a kernel thread' },
      },
    ],
  }),
  doctor: () => ({
    checks: [
      { id: 'kernel', title: 'Kernel', status: 'ok', detail: '6.18.0' },
      {
        id: 'lockdown',
        title: 'Lockdown',
        status: behaviour === 'unusable' ? 'failed' : 'warning',
        detail: 'integrity',
        advice: 'Boot without it.',
      },
    ],
    usable: behaviour !== 'unusable',
  }),
  'capture/start': (params) => {
    if (behaviour.startsWith('impossible:')) {
      const kind = behaviour.slice('impossible:'.length);
      throw {
        code: -32101,
        message: `PID ${params.pid} cannot be captured: ${kind}.`,
        data: { kind, advice: 'Choose another.' },
      };
    }
    intervalMs = params.intervalMs;
    // Notifications may overtake the answer in the same write.
    setImmediate(startCapture);
    return {
      captureId: 1,
      process: { ...processInfo, pid: params.pid },
      startedUnixMs: 1_700_000_000_000,
      probes: [
        {
          function: 'malloc',
          module: '/usr/lib/libc.so.6',
          offset: 0,
          emulated: true,
          reason: 'push',
        },
      ],
      attach: 'uprobeMulti',
      mappings: { traced: true },
      limits,
    };
  },
  'capture/stop': async () => {
    if (behaviour === 'hangs-at-stop') await delay(1e6);
    sample();
    endCapture('stopped', '');
    return null;
  },
};

async function answer({ id, method, params }) {
  if (behaviour === 'hangs' || behaviour === 'hangs-hard') return;
  if (behaviour === 'refuses-version') {
    send({ id, error: { code: -32100, message: 'This agent speaks version 99.' } });
    return;
  }
  try {
    send({ id, result: await handlers[method](params) });
  } catch (error) {
    send({ id, error: { code: -32603, message: 'broken', ...error } });
  }
}

switch (behaviour) {
  case 'dies-at-start':
    process.stderr.write('leaklens-agent: the kernel refuses to load programs\n');
    process.exit(3);
    break;
  case 'garbage':
    process.stdout.write('Last login: today\n');
    break;
  case 'oversized':
    process.stdout.write('Content-Length: 999999999999\r\n\r\n');
    break;
  case 'not-json':
    process.stdout.write('Content-Length: 5\r\n\r\nhello');
    break;
  case 'hangs-hard':
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1000);
    break;
}

let buffered = Buffer.alloc(0);
process.stdin.on('data', (chunk) => {
  buffered = Buffer.concat([buffered, chunk]);
  for (;;) {
    const end = buffered.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = Number(/Content-Length: (\d+)/.exec(buffered.subarray(0, end).toString())[1]);
    if (buffered.length < end + 4 + length) return;
    const body = buffered.subarray(end + 4, end + 4 + length).toString();
    buffered = buffered.subarray(end + 4 + length);
    void answer(JSON.parse(body));
  }
});
process.stdin.on('end', () => {
  if (behaviour !== 'hangs-hard') process.exit(0);
});
