/**
 * The main promise, on every sample program with a ground truth: captured for 20 s (longer where the
 * program says so) by the command line with real eBPF, the marked lines of a leaking program are
 * blamed, and nothing else is; of an innocent program nothing is.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { blamedLines, readSarif, runCli } from './support/command-line.ts';
import { TargetProcess } from './support/target-process.ts';
import { corpus, type Target, usualSeconds } from './support/targets.ts';

/** Sample programs are idle most of the time, so that many fit beside each other. */
const AT_ONCE = 12;

function secondsFor({ truth }: Target): number {
  return truth.kind === 'leak' ? truth.seconds : usualSeconds;
}

describe('each program of the corpus', { concurrency: AT_ONCE }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'leaklens-corpus-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  // The longest first, so that nobody waits for one alone at the end.
  const targets = [...corpus()].sort((a, b) => secondsFor(b) - secondsFor(a));
  for (const target of targets) {
    const leaks = target.truth.kind === 'leak';
    test(`${target.name} ${leaks ? 'leaks at its marked lines' : 'is innocent'}`, async () => {
      const running = await TargetProcess.start(target);
      try {
        await judge(target, running.pid, path.join(folder, `${target.name}.sarif`));
        await running.stop();
      } finally {
        await running.kill();
      }
    });
  }
});

async function judge(target: Target, pid: number, output: string): Promise<void> {
  const duration = `${secondsFor(target)}s`;
  const args = ['--duration', duration, '--fail-on', 'leak', '--output', output];
  const cli = await runCli(['capture', '--pid', String(pid), ...args]);
  const leaks = target.truth.kind === 'leak';
  // The text report goes to standard output beside the file, and is what explains a failure.
  assert.equal(cli.status, leaks ? 1 : 0, `${cli.stderr}${cli.stdout}`);
  const run = await readSarif(output);
  const blamed = [...new Set(blamedLines(run))];
  assert.deepEqual(blamed, leaks ? target.marked : [], cli.stdout);
  for (const line of target.marked) assert.ok(cli.stdout.includes(`targets/${line}`), cli.stdout);
  for (const { ruleId, properties, stacks } of run.results) {
    assert.equal(ruleId, 'memory-leak');
    assert.equal(properties.verdict, 'leak');
    assert.ok(properties.bytesPerSecond > 0);
    assert.ok(properties.outstandingCount > 0);
    assert.ok(stacks.every(({ frames }) => frames.length > 1));
  }
}
