/** Captures that cannot be: one line says why and what to do, and the exit code tells scripts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type CliResult, cliPath, runCli } from './support/command-line.ts';
import { TargetProcess } from './support/target-process.ts';
import { target } from './support/targets.ts';

const nobody = 65534;

function assertOneLine({ stderr, stdout }: CliResult, ...contents: (RegExp | string)[]): void {
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 1, stderr);
  for (const content of contents) {
    const found = typeof content === 'string' ? stderr.includes(content) : content.test(stderr);
    assert.ok(found, `${String(content)} is not in: ${stderr}`);
  }
  assert.equal(stdout, '');
}

/** State letter and kernel-thread flag of a process (proc(5)), or undefined when it is gone. */
async function stateOf(pid: number): Promise<{ state: string; isKernel: boolean } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state = '', , , , , , flags = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const PF_KTHREAD = 0x200000;
  return { state, isKernel: (Number(flags) & PF_KTHREAD) !== 0 };
}

async function kernelThread(): Promise<number> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  for (const pid of pids) if ((await stateOf(pid))?.isKernel === true) return pid;
  throw new Error('no kernel thread is visible here: the test needs the host PID namespace');
}

describe('a capture that cannot be', { concurrency: 2 }, () => {
  test('of a process that does not exist', async () => {
    // Above the largest PID that Linux ever gives.
    const result = await runCli(['capture', '--pid', '4194305']);
    assert.equal(result.status, 3);
    assertOneLine(result, '4194305', 'leaklens ps');
  });

  test('of a kernel thread', async () => {
    const pid = await kernelThread();
    const result = await runCli(['capture', '--pid', String(pid)]);
    assert.equal(result.status, 3);
    assertOneLine(result, String(pid), /kernel thread/i);
  });

  test('of a process that has exited and is not yet reaped', async () => {
    // The shell starts a child, and becomes a program that never waits for it before the child ends.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const printed: unknown[] = await once(parent.stdout.setEncoding('latin1'), 'data');
      const pid = Number(printed[0]);
      while ((await stateOf(pid))?.state !== 'Z') await delay(5);
      const result = await runCli(['capture', '--pid', String(pid)]);
      assert.equal(result.status, 4);
      assertOneLine(result, String(pid), /exited|ended/);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('of a process without an allocator', async () => {
    const program = target('no_allocator').program;
    const child = spawn(program, { stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      const result = await runCli(['capture', '--pid', String(child.pid)]);
      assert.equal(result.status, 3);
      assertOneLine(result, String(child.pid), /allocator|malloc/);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test("of another user's process, without root", async () => {
    const running = await TargetProcess.start(target('idle'));
    // The bundle may lie where only root can read.
    const folder = await mkdtemp(path.join(tmpdir(), 'leaklens-nobody-'));
    try {
      await chmod(folder, 0o755);
      await cp(path.dirname(cliPath), path.join(folder, 'dist'), { recursive: true });
      const node = path.join(folder, 'node');
      await copyFile(process.execPath, node);
      const args = ['capture', '--pid', String(running.pid)];
      const cli = path.join(folder, 'dist', 'cli.js');
      const result = await runCli(args, { uid: nobody, cli, node });
      assert.equal(result.status, 3);
      assertOneLine(result, 'root', 'sudo');
    } finally {
      await running.kill();
      await rm(folder, { recursive: true });
    }
  });

  test('of a program that cannot be started', async () => {
    const result = await runCli(['capture', '--', '/no/such/program']);
    assert.equal(result.status, 3);
    assertOneLine(result, '/no/such/program');
  });

  test('with a command line that is wrong', async () => {
    for (const args of [['capture'], ['capture', '--pid', 'x'], ['capture', '--fail-on', 'rain']]) {
      const result = await runCli(args);
      assert.equal(result.status, 2, args.join(' '));
      assert.notEqual(result.stderr, '');
    }
  });
});
