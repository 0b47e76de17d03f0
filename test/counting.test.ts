/**
 * The engine's counts against the programs' own: every function of the allocator, every thread, every
 * kind of mapping. The programs work only while they are captured, so that both saw the same.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Capture } from '../extension/capture/capture.ts';
import type { AgentConnection } from '../extension/hosts/connection.ts';
import {
  lastSample,
  lostEvents,
  openAgent,
  placeOf,
  stackTotals,
  type StackTotals,
  startCapture,
} from './support/direct-capture.ts';
import { type Ledger, TargetProcess } from './support/target-process.ts';
import { target } from './support/targets.ts';

interface Workload {
  readonly capture: Capture;
  readonly own: Ledger;
}

/** Captures a program from before its work until after it. */
async function captureWorkload(
  agent: AgentConnection,
  name: string,
  args: readonly string[],
): Promise<Workload> {
  const options = { gate: true, args: ['--linger', ...args] };
  const running = await TargetProcess.start(target(name), options);
  try {
    const session = await startCapture(agent, running.pid);
    running.openGate();
    const own = await running.finished();
    await session.stop();
    assert.equal(session.capture.end?.reason, 'stopped');
    await running.stop();
    return { capture: session.capture, own };
  } finally {
    await running.kill();
  }
}

/** The heap stacks with a frame in a program's own source, added up. */
function ownHeap(capture: Capture, source: string): Omit<Ledger, 'leakedBytes' | 'leakedBlocks'> {
  const isOwn = ({ kind, frames }: StackTotals): boolean =>
    kind === 'heap' && frames.some((frame) => placeOf(frame).startsWith(`${source}:`));
  const sum = { allocations: 0, allocatedBytes: 0, frees: 0, freedBytes: 0 };
  for (const stack of stackTotals(capture).filter(isOwn)) {
    sum.allocations += stack.allocations;
    sum.allocatedBytes += stack.allocatedBytes;
    sum.frees += stack.frees;
    sum.freedBytes += stack.freedBytes;
  }
  return sum;
}

function withoutLeaks({ allocations, allocatedBytes, frees, freedBytes }: Ledger): unknown {
  return { allocations, allocatedBytes, frees, freedBytes };
}

function assertWithin(share: number, actual: number, expected: number, what: string): void {
  const close = Math.abs(actual - expected) <= share * expected;
  assert.ok(close, `${what}: ${actual} is not within ${share * 100}% of ${expected}`);
}

describe('counts agree with what the program counted itself', { concurrency: 3 }, () => {
  let agent: AgentConnection;
  before(async () => {
    agent = await openAgent();
  });
  after(async () => {
    await agent.dispose();
  });

  test('64 threads, half of them started before the capture', async () => {
    const args = ['--operations', '800', '--rate', '400'];
    const { capture, own } = await captureWorkload(agent, 'many_threads', args);
    const { totals, losses } = lastSample(capture);
    assert.deepEqual(lostEvents(losses), []);
    assert.ok(own.allocations >= 64 * 800);
    assertWithin(0.01, totals.allocations, own.allocations, 'allocations');
    assertWithin(0.01, totals.allocatedBytes, own.allocatedBytes, 'allocated bytes');
    assertWithin(0.01, totals.frees, own.frees, 'frees');
    const work = stackTotals(capture).filter(({ frames }) =>
      frames.some(({ function: name }) => name.includes('Holder::replace')),
    );
    const alive = work.reduce((sum, stack) => sum + stack.allocatedBytes - stack.freedBytes, 0);
    assert.equal(alive, own.leakedBytes);
  });

  test('the whole malloc family, failures included', async () => {
    const operations = 400;
    const args = ['--operations', String(operations)];
    const { capture, own } = await captureWorkload(agent, 'malloc_family', args);
    const { totals, losses } = lastSample(capture);
    assert.deepEqual(lostEvents(losses), []);
    assert.deepEqual(ownHeap(capture, 'malloc_family.c'), withoutLeaks(own));
    // malloc, calloc, realloc and posix_memalign fail once in each operation. reallocarray fails too,
    // but in its own check for overflow, before it calls realloc, where the probe is.
    assert.equal(totals.failedAllocations, 4 * operations);
    const alive = totals.allocatedBytes - totals.freedBytes;
    assert.equal(alive, own.leakedBytes);
  });

  test('mappings that are unmapped in parts', async () => {
    const { capture, own } = await captureWorkload(agent, 'mmap_family', ['--operations', '100']);
    const mappings = stackTotals(capture).filter(({ kind }) => kind === 'mapping');
    const sum = (pick: (stack: StackTotals) => number): number =>
      mappings.reduce((total, stack) => total + pick(stack), 0);
    assert.equal(
      sum(({ allocations }) => allocations),
      own.allocations,
    );
    assert.equal(
      sum(({ allocatedBytes }) => allocatedBytes),
      own.allocatedBytes,
    );
    const alive = sum(({ allocatedBytes, freedBytes }) => allocatedBytes - freedBytes);
    assert.equal(alive, own.leakedBytes);
  });

  test('a parent alone, while its forked child runs the same code', async () => {
    const args = ['--operations', '2000'];
    const { capture, own } = await captureWorkload(agent, 'forking_parent', args);
    assert.deepEqual(ownHeap(capture, 'forking_parent.c'), withoutLeaks(own));
  });

  test('1,024 distinct stacks, each of them whole', async () => {
    const args = ['--operations', '8192', '--rate', '4096'];
    const { capture } = await captureWorkload(agent, 'thousand_stacks', args);
    const stacks = stackTotals(capture).filter(({ frames }) =>
      frames.some(({ function: name }) => name.includes('use_block')),
    );
    assert.equal(stacks.length, 1024);
    assert.ok(stacks.every(({ allocations, frees }) => allocations === 8 && frees === 8));
    assert.ok(stacks.every(({ end }) => end === 'complete'));
  });
});
