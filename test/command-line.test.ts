/** The commands and formats beside the plain capture, with real processes. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { loadCapture } from '../extension/capture/file.ts';
import { doctorResult, processInfo } from '../protocol/agent.ts';
import { blamedLines, cliPath, readSarif, runCli } from './support/command-line.ts';
import { agentPath } from './support/direct-capture.ts';
import { TargetProcess } from './support/target-process.ts';
import { repository, target } from './support/targets.ts';

const run = promisify(execFile);

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'leaklens-cli-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the command line', { concurrency: 4 }, () => {
  const leaking = target('listener_list');
  const [leak = ''] = leaking.marked;

  test('a launched program is captured from its start, and saved to be read again', () =>
    withFolder(async (folder) => {
      await chmod(folder, 0o755);
      const saved = path.join(folder, 'capture.leaklens');
      const options = ['--duration', '12s', '--output', saved, '--fail-on', 'leak'];
      const first = await runCli(['capture', ...options, '--', leaking.program]);
      assert.equal(first.status, 1, first.stderr);
      assert.ok(first.stdout.trimEnd().split('\n').at(-1)?.includes(`targets/${leak}`));
      // The program's own output does not mix with the report.
      assert.doesNotMatch(first.stdout, /leakedBytes/);
      assert.match(first.stderr, /leakedBytes/);

      const again = await runCli(['report', saved]);
      assert.equal(again.status, 0, again.stderr);
      assert.equal(again.stdout, first.stdout);

      const sarif = path.join(folder, 'again.sarif');
      const exported = await runCli(['report', saved, '--output', sarif, '--fail-on', 'leak']);
      assert.equal(exported.status, 1);
      assert.deepEqual(blamedLines(await readSarif(sarif)), [leak]);

      const { samples, end } = await loadCapture(saved);
      assert.ok(samples.length >= 12);
      assert.equal(end?.reason, 'stopped');
    }));

  test('json on standard output is the whole capture', async () => {
    const args = ['--duration', '3s', '--interval', '500ms', '--format', 'json'];
    const { status, stdout, stderr } = await runCli(['capture', ...args, '--', leaking.program]);
    assert.equal(status, 0, stderr);
    await withFolder(async (folder) => {
      const file = path.join(folder, 'capture.json');
      await writeFile(file, stdout);
      const capture = await loadCapture(file);
      assert.ok(capture.samples.length >= 5);
      assert.equal(capture.start.process.name, 'listener_list');
    });
  });

  test('a process is found by its name', async () => {
    const running = await TargetProcess.start(target('freed_at_exit'));
    try {
      const args = ['--name', 'freed_at_exit', '--duration', '1s'];
      const { status, stdout, stderr } = await runCli(['capture', ...args]);
      assert.equal(status, 0, stderr);
      assert.ok(stdout.includes(`(PID ${running.pid})`));
    } finally {
      await running.kill();
    }
  });

  test('ps lists what can be captured, with its allocator', async () => {
    const running = await TargetProcess.start(target('idle'));
    try {
      const json = await runCli(['ps', '--format', 'json']);
      assert.equal(json.status, 0, json.stderr);
      const found = z
        .array(processInfo)
        .parse(JSON.parse(json.stdout))
        .find(({ pid }) => pid === running.pid);
      assert.equal(found?.name, 'idle');
      assert.equal(found.threads, 1);
      assert.ok(found.rssBytes > 0);
      assert.deepEqual(
        found.allocators.map(({ family }) => family),
        ['glibc'],
      );
      const text = await runCli(['ps']);
      assert.match(text.stdout, new RegExp(`^ *${running.pid} .*glibc.*idle`, 'm'));
    } finally {
      await running.kill();
    }
  });

  test('doctor says that captures can run here, as text and as JSON', async () => {
    const running = await TargetProcess.start(target('idle'));
    try {
      const args = ['doctor', '--pid', String(running.pid)];
      const [text, json, agent] = await Promise.all([
        runCli(args),
        runCli([...args, '--format', 'json']),
        run(agentPath, [...args, '--json']),
      ]);
      assert.equal(text.status, 0, text.stdout);
      assert.match(text.stdout, /Captures can run here/);
      for (const output of [json.stdout, agent.stdout]) {
        const { checks, usable } = doctorResult.parse(JSON.parse(output));
        assert.ok(usable);
        assert.ok(checks.length > 4);
        assert.ok(checks.every(({ title, detail }) => title !== '' && detail !== ''));
      }
    } finally {
      await running.kill();
    }
  });

  test('on a terminal there is a live table, and Ctrl-C ends it with the report', () =>
    withFolder(async (folder) => {
      const running = await TargetProcess.start(leaking);
      const typescript = path.join(folder, 'typescript');
      try {
        // script(1) gives the command a terminal, and types what it is given.
        const node = `${process.execPath} ${cliPath} capture --pid ${running.pid}`;
        const command = `stty columns 120 rows 40; exec ${node}`;
        const terminal = spawn('script', ['--quiet', '--flush', '--command', command, typescript], {
          cwd: repository,
          env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '' },
          stdio: ['pipe', 'ignore', 'inherit'],
        });
        const ended = once(terminal, 'exit');
        const shown = (): Promise<string> => readFile(typescript, 'utf8').catch(() => '');
        while (!(await shown()).includes(leak)) await delay(50);
        terminal.stdin.write('\u0003');
        await ended;
        const screen = await readFile(typescript, 'utf8');
        const [table = '', report = ''] = screen.split('LeakLens: listener_list');
        assert.match(table, /[▁▂▃▄▅▆▇█]/);
        assert.ok(table.includes(leak), table);
        assert.match(table, /% of a core/);
        assert.ok(report.includes(`targets/${leak}`), report);
        await running.stop();
      } finally {
        await running.kill();
      }
    }));
});
