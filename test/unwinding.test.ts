/**
 * Stacks through code that was built without frame pointers: recursion, callbacks of libc and
 * libstdc++, a signal handler, inlined functions, a static executable, a sandboxed process.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Capture } from '../extension/capture/capture.ts';
import type { AgentConnection } from '../extension/hosts/connection.ts';
import {
  lastSample,
  openAgent,
  placeOf,
  sampleWhere,
  stackTotals,
  type StackTotals,
  startCapture,
} from './support/direct-capture.ts';
import { TargetProcess } from './support/target-process.ts';
import { target } from './support/targets.ts';

/** Captures a running program until it has allocated so often. */
async function captureAllocations(
  agent: AgentConnection,
  name: string,
  allocations: number,
): Promise<Capture> {
  const running = await TargetProcess.start(target(name));
  try {
    const session = await startCapture(agent, running.pid);
    await sampleWhere(session, ({ totals }) => totals.allocations >= allocations);
    await session.stop();
    await running.stop();
    return session.capture;
  } finally {
    await running.kill();
  }
}

/** The stacks whose innermost frame of the program's own source is at a marked line. */
function stacksAt(capture: Capture, line: string, source: string): StackTotals[] {
  return stackTotals(capture).filter(({ frames }) => {
    const owned = frames.map(placeOf).find((place) => place.startsWith(source));
    return owned === line;
  });
}

function functionNames({ frames }: StackTotals): string[] {
  return frames.map(({ function: name }) => name);
}

function indexOf(stack: StackTotals, name: string): number {
  return functionNames(stack).findIndex((text) => text.includes(name));
}

describe('call stacks', { concurrency: 3 }, () => {
  let agent: AgentConnection;
  before(async () => {
    agent = await openAgent();
  });
  after(async () => {
    await agent.dispose();
  });

  test('60 frames are kept whole, of 200 the innermost, and the cut is counted', async () => {
    const capture = await captureAllocations(agent, 'deep_recursion', 100);
    const stacks = stackTotals(capture).filter((stack) => indexOf(stack, 'make_leaf') >= 0);
    const shallow = stacks.find((stack) => indexOf(stack, 'parse_shallow') >= 0);
    const deep = stacks.find(({ end }) => end === 'truncated');
    assert.ok(shallow !== undefined && deep !== undefined);
    assert.equal(shallow.end, 'complete');
    assert.ok(indexOf(shallow, 'main') > 56);
    assert.ok(indexOf(deep, 'parse_deep') < 0);
    assert.ok(deep.frames.length >= 64);
    const { losses } = lastSample(capture);
    assert.ok(losses.stacksTruncated >= deep.allocations);
  });

  test('callbacks lead through libc and libstdc++ to main or to the thread', async () => {
    const capture = await captureAllocations(agent, 'callbacks', 500);
    const { marked } = target('callbacks');
    assert.equal(marked.length, 4);
    for (const line of marked) {
      const stacks = stacksAt(capture, line, 'callbacks.cpp');
      assert.ok(stacks.length > 0, `no stack is at ${line}`);
      for (const stack of stacks) {
        assert.equal(stack.end, 'complete', functionNames(stack).join('\n'));
        // A thread's start lies in libc, which may have no symbols here.
        const inThread = indexOf(stack, 'in_thread') >= 0;
        assert.ok(inThread || indexOf(stack, 'main') > 0, functionNames(stack).join('\n'));
      }
    }
  });

  test('a signal handler leads into the function that it interrupted', async () => {
    const capture = await captureAllocations(agent, 'signal_handler', 50);
    const [line = ''] = target('signal_handler').marked;
    const interrupted = stacksAt(capture, line, 'signal_handler.cpp').filter(
      (stack) => indexOf(stack, 'compute') >= 0,
    );
    assert.ok(interrupted.length > 0);
    for (const stack of interrupted) {
      assert.equal(stack.end, 'complete');
      const order = ['on_profile_timer', 'compute', 'main'].map((name) => indexOf(stack, name));
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
        functionNames(stack).join('\n'),
      );
      assert.ok(!order.includes(-1));
    }
  });

  test('an inlined function is a frame of its own, at its own line', async () => {
    const capture = await captureAllocations(agent, 'inlined_leak', 500);
    const [line = ''] = target('inlined_leak').marked;
    const [stack] = stacksAt(capture, line, 'inlined_leak.cpp');
    assert.ok(stack !== undefined);
    const frame = stack.frames.find((candidate) => placeOf(candidate) === line);
    assert.equal(frame?.inlined, true);
    const names = ['copy_of', 'shrink', 'main'].map((name) => indexOf(stack, name));
    assert.ok(names.every((index, at) => index >= 0 && index > (names[at - 1] ?? -1)));
  });

  test('a static executable is traced and unwound', async () => {
    const capture = await captureAllocations(agent, 'static_program', 500);
    const [line = ''] = target('static_program').marked;
    const stacks = stacksAt(capture, line, 'static_program.cpp');
    assert.ok(stacks.length > 0);
    assert.ok(stacks.every(({ end }) => end === 'complete'));
  });

  test('a sandboxed process is not killed by being traced', async () => {
    const capture = await captureAllocations(agent, 'seccomp_sandbox', 500);
    const [line = ''] = target('seccomp_sandbox').marked;
    assert.ok(stacksAt(capture, line, 'seccomp_sandbox.c').length > 0);
  });
});
