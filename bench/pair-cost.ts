/**
 * What a traced pair of malloc and free costs in a tight loop: untraced, with ours, and with a
 * straightforward bpftrace script on the same loop.
 */
import { z } from 'zod';
import { TargetProcess } from '../test/support/target-process.ts';
import { target } from '../test/support/targets.ts';
import { attachBpftrace, type Tracer } from './support/bpftrace.ts';
import { measureRounds, medianOf, medianRatio } from './support/medians.ts';
import { attachOurs } from './support/ours.ts';
import { printTable, verdictOf } from './support/table.ts';

const ROUNDS = 5;
const SECONDS = 2;
const MOST_SHARE_OF_BPFTRACE = 0.35;
const MOST_NS = 4000;

const resultLine = z.object({ pairs: z.number(), seconds: z.number() });

/** Runs the loop under a tracer; returns ns per pair. */
async function nsPerPair(attach: ((pid: number) => Promise<Tracer>) | undefined): Promise<number> {
  const args = ['--seconds', String(SECONDS), '--linger'];
  const running = await TargetProcess.start(target('pair_loop'), { args, gate: true });
  try {
    const tracer = await attach?.(running.pid);
    running.openGate();
    await running.finished();
    await tracer?.stop();
    const line = running.lines.find((text) => text.startsWith('{"pairs"'));
    const { pairs, seconds } = resultLine.parse(JSON.parse(line ?? ''));
    return (seconds * 1e9) / pairs;
  } finally {
    await running.kill();
  }
}

const contenders = {
  untraced: () => nsPerPair(undefined),
  LeakLens: () => nsPerPair(attachOurs),
  bpftrace: () => nsPerPair(attachBpftrace),
};

async function main(): Promise<void> {
  const figures = await measureRounds(ROUNDS, contenders);
  const rows = Object.keys(contenders).map((name) => [
    name,
    medianOf(figures, name).toFixed(0),
    medianRatio(figures, name, 'bpftrace').toFixed(3),
  ]);
  printTable(
    `A malloc/free pair in a tight loop, medians of ${ROUNDS} rounds`,
    ['', 'ns per pair', 'of bpftrace'],
    rows,
  );
  const share = medianRatio(figures, 'LeakLens', 'bpftrace');
  const cost = medianOf(figures, 'LeakLens');
  printTable(
    'To reach',
    ['', 'measured', 'at most', ''],
    [
      [
        'share of bpftrace',
        share.toFixed(3),
        String(MOST_SHARE_OF_BPFTRACE),
        verdictOf(share <= MOST_SHARE_OF_BPFTRACE),
      ],
      ['ns per pair', cost.toFixed(0), String(MOST_NS), verdictOf(cost <= MOST_NS)],
    ],
  );
}

void main();
