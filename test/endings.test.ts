/**
 * How captures end: by the user, by the target, by the death of any part. Whatever happens, a second
 * later no process, program, map or link of ours is left, the target's code is as it was, and the
 * target runs on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { PROTOCOL_VERSION } from '../protocol/agent.ts';
import { startCli } from './support/command-line.ts';
import { agentPath, openAgent, sampleWhere, startCapture } from './support/direct-capture.ts';
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

/** What an agent and its children hold while they capture; that it is something is checked. */
async function heldBy(agent: number, traced: number): Promise<Held> {
  const pids = await withDescendants(agent);
  const objects = (await Promise.all(pids.map(kernelObjects))).flat();
  for (const kind of ['prog', 'map', 'link']) {
    assert.ok(
      objects.some((object) => object.kind === kind),
      `no ${kind} is held`,
    );
  }
  assert.ok((await patchedBytes(traced)) > 0, 'no breakpoint is set');
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

/** The command line's agent: its child that serves. */
async function agentOf(cli: number): Promise<number> {
  for (;;) {
    const [, agent] = await withDescendants(cli);
    if (agent !== undefined && (await kernelObjects(agent)).some(({ kind }) => kind === 'link')) {
      return agent;
    }
  }
}

describe('after the end nothing is left', { concurrency: 1 }, () => {
  test('when the capture is stopped', () =>
    withTarget('error_path_leak', [], async (running) => {
      const agent = await openAgent();
      const session = await startCapture(agent, running.pid);
      await sampleWhere(session, ({ totals }) => totals.allocations > 0);
      const held = await heldBy(agent.identity.agent.pid, running.pid);
      await session.stop();
      assert.equal(await patchedBytes(running.pid), 0, 'stopped, and still armed');
      await agent.dispose();
      await assertNothingLeft(held, running);
    }));

  test('when the agent is killed', () =>
    withTarget('error_path_leak', [], async (running) => {
      const agent = await openAgent();
      const session = await startCapture(agent, running.pid);
      await sampleWhere(session, ({ totals }) => totals.allocations > 0);
      const held = await heldBy(agent.identity.agent.pid, running.pid);
      process.kill(agent.identity.agent.pid, 'SIGKILL');
      await assertNothingLeft(held, running);
      assert.equal((await session.ended).reason, 'agentLost');
      assert.ok(session.capture.samples.length > 0);
      await agent.dispose();
    }));

  test("when the agent's stdin is closed", () =>
    withTarget('error_path_leak', [], async (running) => {
      const child = spawn(agentPath, ['serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
      const rpc = createMessageConnection(
        new StreamMessageReader(child.stdout),
        new StreamMessageWriter(child.stdin),
      );
      rpc.listen();
      const client = { name: 'test', version: '0' };
      await rpc.sendRequest('initialize', { protocolVersion: PROTOCOL_VERSION, client });
      await rpc.sendRequest('capture/start', { pid: running.pid, intervalMs: 100 });
      assert.ok(child.pid !== undefined);
      const held = await heldBy(child.pid, running.pid);
      const exit = once(child, 'exit');
      child.stdin.end();
      assert.deepEqual(await exit, [0, null]);
      await assertNothingLeft(held, running);
      rpc.dispose();
    }));

  test('when the command line is killed', () =>
    withTarget('error_path_leak', [], async (running) => {
      const cli = startCli(['capture', '--pid', String(running.pid)]);
      const held = await heldBy(await agentOf(cli.pid), running.pid);
      cli.kill('SIGKILL');
      await assertNothingLeft(held, running);
    }));

  test('when the agent of a command line is killed, which then reports what it has', () =>
    withTarget('error_path_leak', [], async (running) => {
      const cli = startCli(['capture', '--pid', String(running.pid), '--interval', '100ms']);
      const agent = await agentOf(cli.pid);
      const held = await heldBy(agent, running.pid);
      process.kill(agent, 'SIGKILL');
      const { status, stdout, stderr } = await cli.result;
      assert.equal(status, 3, stderr);
      assert.match(stdout, /ended early/);
      await assertNothingLeft(held, running);
    }));

  test('when the user interrupts, who then gets the report', () =>
    withTarget('error_path_leak', ['--rate', '4000'], async (running) => {
      const args = ['--interval', '100ms', '--duration', '1h'];
      const cli = startCli(['capture', '--pid', String(running.pid), ...args]);
      const held = await heldBy(await agentOf(cli.pid), running.pid);
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
    withTarget('error_path_leak', ['--seconds', '16'], async (running) => {
      const cli = startCli(['capture', '--pid', String(running.pid), '--fail-on', 'leak']);
      const { status, stdout, stderr } = await cli.result;
      assert.equal(status, 1, stderr);
      assert.match(stdout, /ended early/);
      assert.ok(stdout.includes(`targets/${leak}`), stdout);
    }));

  test('before there was enough evidence: exit code 4, and the report all the same', () =>
    withTarget('error_path_leak', ['--seconds', '1.5'], async (running) => {
      const { status, stdout } = await startCli(['capture', '--pid', String(running.pid)]).result;
      assert.equal(status, 4);
      assert.match(stdout, /ended early/);
      assert.match(stdout, /^LeakLens: error_path_leak/);
    }));

  test('by becoming another program: the report has what was seen', () =>
    withTarget('exec_midway', ['--onset', '4'], async (running) => {
      const [marked = ''] = target('exec_midway').marked;
      const agent = await openAgent();
      const session = await startCapture(agent, running.pid);
      const { reason } = await session.ended;
      assert.equal(reason, 'exec');
      const places = session.capture.locations
        .flatMap((location) => location?.frames ?? [])
        .map(({ file, line }) => `${file?.split('/').at(-1) ?? ''}:${line ?? 0}`);
      assert.ok(places.includes(marked), places.join(' '));
      assert.equal(await patchedBytes(running.pid), 0, 'the new program is probed');
      assert.ok(running.running);
      await agent.dispose();
    }));
});
