/**
 * Tables in the kernel that are too small: the capture goes on, what is lost is counted, shown, and
 * named as what the verdicts rest on.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { analyze } from '../extension/analysis/analyze.ts';
import type { Capture } from '../extension/capture/capture.ts';
import type { AgentConnection } from '../extension/hosts/connection.ts';
import type { CaptureLimits, Losses } from '../protocol/agent.ts';
import { lastSample, openAgent, sampleWhere, startCapture } from './support/direct-capture.ts';
import { TargetProcess } from './support/target-process.ts';
import { target } from './support/targets.ts';

interface Case {
  readonly table: string;
  readonly program: string;
  readonly limits: CaptureLimits;
  readonly loss: keyof Losses;
}

const cases: readonly Case[] = [
  { table: 'live blocks', program: 'error_path_leak', limits: { blocks: 16 }, loss: 'blocksFull' },
  { table: 'stacks', program: 'thousand_stacks', limits: { stacks: 16 }, loss: 'stacksFull' },
  { table: 'counters', program: 'thousand_stacks', limits: { counters: 16 }, loss: 'countersFull' },
  {
    table: 'unwind rows',
    program: 'error_path_leak',
    limits: { unwindRows: 500 },
    loss: 'unwindRowsFull',
  },
];

describe('a full table', { concurrency: cases.length }, () => {
  let agent: AgentConnection;
  before(async () => {
    agent = await openAgent();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const { table, program, limits, loss } of cases) {
    test(`of ${table}: the capture goes on and says what it lost`, async () => {
      const capture = await captureLong(agent, program, limits);
      const { losses, totals } = lastSample(capture);
      assert.ok(losses[loss] > 0, JSON.stringify(losses));
      assert.ok(totals.allocations > 1000);
      assert.equal(capture.end?.reason, 'stopped');
      const report = analyze(capture);
      assert.ok(report.lossNotes.length > 0);
      assert.ok(report.partial, report.lossNotes.join('; '));
    });
  }
});

/** Captures until the loss is old news: many allocations later the capture still counts them. */
async function captureLong(
  agent: AgentConnection,
  program: string,
  limits: CaptureLimits,
): Promise<Capture> {
  const running = await TargetProcess.start(target(program), { args: ['--rate', '2000'] });
  try {
    const session = await startCapture(agent, running.pid, { limits });
    await sampleWhere(session, ({ totals, sequence }) => {
      return totals.allocations > 4000 && sequence > 20;
    });
    await session.stop();
    await running.stop();
    return session.capture;
  } finally {
    await running.kill();
  }
}
