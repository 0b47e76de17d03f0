/**
 * How captures end: by the user, by the target, by the death of any part. Whatever happens, a second
 * later no process, program, map or link of ours is left, the target's code is as it was, and the
 * target runs on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { CaptureSession } from '../extension/capture/session.ts';
import type { AgentConnection } from '../extension/hosts/connection.ts';
import { PROTOCOL_VERSION } from '../protocol/agent.ts';
import { type CliProcess, startCli } from './support/command-line.ts';
import {
  agentPath,
  openAgent,
  placeOf,
  sampleWhere,
  startCapture,
} from './support/direct-capture.ts';
import {
  kernelObjects,
  type KernelObject,
  leftAfterOneSecond,
  patchedBytes,
  withDescendants,
} from './support/remains.ts';
import { TargetProcess } from './support/target-process.ts';
import { target } from './support/targets.ts';

interface Held {
  readonly pids: readonly number[];
  readonly objects: readonly KernelObject[];
}

/** Waits until probes are armed in a process. */
async function armed(traced: number): Promise<void> {
  while ((await patchedBytes(traced)) === 0) await delay(10);
}

/** What an agent and its children hold while they capture; that it is something is checked. */
async function heldBy(agent: number): Promise<Held> {
  const pids = await withDescendants(agent);
  const objects = (await Promise.all(pids.map(kernelObjects))).flat();
  const kinds = new Set(objects.map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), ['link', 'map', 'prog']);
  return { pids, objects };
}

async function assertNothingLeft(held: Held, running: TargetProcess): Promise<void> {
  assert.deepEqual(await leftAfterOneSecond(held.pids, held.objects), []);
  assert.equal(await patchedBytes(running.pid), 0, 'a breakpoint is left');
  const { leakedBlocks } = await running.stop();
  assert.ok(leakedBlocks > 0);
}

/** Runs `body` with a leaking program, which is gone afterwards. */
async function withTarget(
  name: string,
  args: readonly string[],
  body: (running: TargetProcess) => Promise<void>,
): Promise<void> {
  const running = await TargetProcess.start(target(name), { args });
  try {
    await body(running);
  } finally {
    await running.kill();
  }
}

/** Runs `body` with a capture of a running target, all of which is gone afterwards. */
function withCapture(
  name: string,
  args: readonly string[],
  body: (running: TargetProcess, agent: AgentConnection, session: CaptureSession) => Promise<void>,
): Promise<void> {
  return withTarget(name, args, async (running) => {
    const agent = await openAgent();
    try {
      const session = await startCapture(agent, running.pid);
      await sampleWhere(session, ({ totals }) => totals.allocations > 0);
      await body(running, agent, session);
    } finally {
      await agent.dispose();
    }
  });
}

/** Runs `body` with a command line that captures a running target; `agent` is its agent's PID. */
function withCli(
  args: readonly string[],
  body: (running: TargetProcess, cli: CliProcess, agent: number) => Promise<void>,
): Promise<void> {
  return withTarget('error_path_leak', [], async (running) => {
    const cli = startCli(['capture', '--pid', String(running.pid), '--duration', '1h', ...args]);
    try {
      await armed(running.pid);
      const [, agent] = await withDescendants(cli.pid);
      assert.ok(agent !== undefined);
      await body(running, cli, agent);
    } finally {
      cli.kill('SIGKILL');
    }
  });
}

describe('after the end nothing is left', { concurrency: 1 }, () => {
  test('when the capture is stopped', () =>
    withCapture('error_path_leak', [], async (running, agent, session) => {
      const held = await heldBy(agent.identity.agent.pid);
      assert.ok((await patchedBytes(running.pid)) > 0);
      await session.stop();
      assert.equal(await patchedBytes(running.pid), 0, 'stopped, and still armed');
      await agent.dispose();
      await assertNothingLeft(held, running);
    }));

  test('when the agent is killed', () =>
    withCapture('error_path_leak', [], async (running, agent, session) => {
      const held = await heldBy(agent.identity.agent.pid);
      process.kill(agent.identity.agent.pid, 'SIGKILL');
      await assertNothingLeft(held, running);
      assert.equal((await session.ended).reason, 'agentLost');
      assert.ok(session.capture.samples.length > 0);
    }));

  test("when the agent's stdin is closed", () =>
    withTarget('error_path_leak', [], async (running) => {
      const child = spawn(agentPath, ['serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const rpc = createMessageConnection(
        new StreamMessageReader(child.stdout),
        new StreamMessageWriter(child.stdin),
      );
      try {
        rpc.listen();
        const client = { name: 'test', version: '0' };
        await rpc.sendRequest('initialize', { protocolVersion: PROTOCOL_VERSION, client });
        await rpc.sendRequest('capture/start', { pid: running.pid, intervalMs: 100 });
        const held = await heldBy(child.pid ?? 0);
        const exit = once(child, 'exit');
        child.stdin.end();
        assert.deepEqual(await exit, [0, null]);
        await assertNothingLeft(held, running);
      } finally {
        rpc.dispose();
        child.kill('SIGKILL');
      }
    }));

  test('when the command line is killed', () =>
    withCli([], async (running, cli, agent) => {
      const held = await heldBy(agent);
      cli.kill('SIGKILL');
      await assertNothingLeft(held, running);
    }));

  test('when the agent of a command line is killed, which then reports what it has', () =>
    withCli(['--interval', '100ms'], async (running, cli, agent) => {
      const held = await heldBy(agent);
      process.kill(agent, 'SIGKILL');
      const { status, stdout, stderr } = await cli.result;
      assert.equal(status, 3, stderr);
      assert.match(stdout, /ended early/);
      await assertNothingLeft(held, running);
    }));

  test('when the user interrupts, who then gets the report', () =>
    withCli(['--interval', '100ms'], async (running, cli, agent) => {
      const held = await heldBy(agent);
      cli.kill('SIGINT');
      const { status, stdout, stderr } = await cli.result;
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^LeakLens: error_path_leak \(PID \d+\)/);
      await assertNothingLeft(held, running);
    }));
});

describe('a target that ends', { concurrency: 2 }, () => {
  const [leak = ''] = target('error_path_leak').marked;

  test('with enough evidence: the report has what was seen', () =>
    withTarget('error_path_leak', ['--seconds', '12'], async (running) => {
      const cli = startCli(['capture', '--pid', String(running.pid), '--fail-on', 'leak']);
      const { status, stdout, stderr } = await cli.result;
      assert.equal(status, 1, stderr);
      assert.match(stdout, /ended early/);
      assert.ok(stdout.includes(`targets/${leak}`), stdout);
    }));

  test('before there was enough evidence: exit code 4, and the report all the same', async () => {
    const args = ['--seconds', '1.5'];
    const running = await TargetProcess.start(target('error_path_leak'), { args, gate: true });
    try {
      const cli = startCli(['capture', '--pid', String(running.pid)]);
      await armed(running.pid);
      running.openGate();
      const { status, stdout, stderr } = await cli.result;
      assert.equal(status, 4, stderr);
      assert.match(stdout, /ended early/);
      assert.match(stdout, /^LeakLens: error_path_leak/);
    } finally {
      await running.kill();
    }
  });

  test('by becoming another program: the report has what was seen', () =>
    withCapture('exec_midway', ['--onset', '4'], async (running, _agent, session) => {
      const [marked = ''] = target('exec_midway').marked;
      assert.equal((await session.ended).reason, 'exec');
      const places = session.capture.locations
        .flatMap((location) => location?.frames ?? [])
        .map(placeOf);
      assert.ok(places.includes(marked), places.join(' '));
      assert.equal(await patchedBytes(running.pid), 0, 'the new program is probed');
      assert.ok(running.running);
    }));
});
