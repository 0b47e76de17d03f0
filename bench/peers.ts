/**
 * One allocation-heavy program under each of its possible tracers: how much slower it runs with
 * heaptrack, Valgrind's massif, bpftrace, and ours.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { TargetProcess } from '../test/support/target-process.ts';
import { target } from '../test/support/targets.ts';
import { attachBpftrace, type Tracer } from './support/bpftrace.ts';
import { measureRounds, medianOf, medianRatio } from './support/medians.ts';
import { attachOurs } from './support/ours.ts';
import { printTable } from './support/table.ts';

const ROUNDS = 3;
const SECONDS = 4;

const resultLine = z.object({ rounds: z.number(), seconds: z.number() });

interface Way {
  /** What the program is started through, if anything. */
  readonly wrapper?: readonly [string, ...string[]];
  readonly attach?: (pid: number) => Promise<Tracer>;
}

/** Runs the program in one of the ways; returns the µs that one round of its work takes. */
async function microsecondsPerRound({ wrapper, attach }: Way): Promise<number> {
  const heavy = target('allocation_heavy');
  const args = ['--seconds', String(SECONDS)];
  const running = await TargetProcess.start(
    heavy,
    wrapper === undefined
      ? { args: [...args, '--linger'], gate: true }
      : { args, through: wrapper },
  );
  try {
    const tracer = await attach?.(running.pid);
    if (wrapper === undefined) running.openGate();
    await running.finished();
    await tracer?.stop();
    // Peers write their results at the end, into files that must not be removed before.
    if (wrapper !== undefined) await running.exited();
    const line = running.lines.find((text) => text.startsWith('{"rounds"'));
    const { rounds, seconds } = resultLine.parse(JSON.parse(line ?? ''));
    return (seconds * 1e6) / rounds;
  } finally {
    await running.kill();
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'leaklens-peers-'));
  const output = path.join(folder, 'output');
  try {
    const contenders = {
      untraced: () => microsecondsPerRound({}),
      LeakLens: () => microsecondsPerRound({ attach: attachOurs }),
      heaptrack: () => microsecondsPerRound({ wrapper: ['heaptrack', '-o', output] }),
      bpftrace: () => microsecondsPerRound({ attach: attachBpftrace }),
      massif: () =>
        microsecondsPerRound({
          wrapper: ['valgrind', '-q', '--tool=massif', `--massif-out-file=${output}`],
        }),
    };
    const figures = await measureRounds(ROUNDS, contenders);
    const rows = Object.keys(contenders).map((name) => [
      name,
      medianOf(figures, name).toFixed(1),
      `${medianRatio(figures, name, 'untraced').toFixed(1)} x`,
    ]);
    printTable(
      `An allocation-heavy program under its tracers, medians of ${ROUNDS} rounds`,
      ['', 'µs per unit of work', 'slower'],
      rows,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

void main();
