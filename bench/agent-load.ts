/**
 * What the agent itself needs: with a target that makes 20,000 pairs of malloc and free a second from
 * 1,024 call stacks, and with one that sleeps.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { lastSample, openAgent, startCapture } from '../test/support/direct-capture.ts';
import { withDescendants } from '../test/support/remains.ts';
import { TargetProcess } from '../test/support/target-process.ts';
import { target } from '../test/support/targets.ts';
import { printTable, verdictOf } from './support/table.ts';

/** Symbols are read and tables loaded at the start, which is measured elsewhere (first-sample.ts). */
const WARM_UP_SECONDS = 5;
const SECONDS = 20;

interface Load {
  readonly coreShare: number;
  readonly bytes: number;
  readonly allocationsPerSecond: number;
}

async function residentBytes(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'latin1')));
  return texts.reduce(
    (sum, text) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024,
    0,
  );
}

async function measure(name: string): Promise<Load> {
  const running = await TargetProcess.start(target(name));
  const agent = await openAgent();
  try {
    const session = await startCapture(agent, running.pid, { intervalMs: 1000 });
    await delay(WARM_UP_SECONDS * 1000);
    const before = lastSample(session.capture);
    await delay(SECONDS * 1000);
    const after = lastSample(session.capture);
    const bytes = await residentBytes(await withDescendants(agent.identity.agent.pid));
    await session.stop();
    const ns = after.timeNs - before.timeNs;
    const allocations = after.totals.allocations - before.totals.allocations;
    return {
      coreShare: (after.cost.agentNs - before.cost.agentNs) / ns,
      bytes,
      allocationsPerSecond: (allocations * 1e9) / ns,
    };
  } finally {
    await agent.dispose();
    await running.kill();
  }
}

const figures = [
  { name: 'thousand_stacks', mostShare: 0.03, mostBytes: 80e6 },
  { name: 'idle', mostShare: 0.005, mostBytes: 80e6 },
];

async function main(): Promise<void> {
  const rows: string[][] = [];
  for (const { name, mostShare, mostBytes } of figures) {
    const { coreShare, bytes, allocationsPerSecond } = await measure(name);
    rows.push([
      name,
      allocationsPerSecond.toFixed(0),
      `${(100 * coreShare).toFixed(2)}%`,
      `${100 * mostShare}%`,
      verdictOf(coreShare < mostShare),
      `${(bytes / 1e6).toFixed(1)} MB`,
      `${mostBytes / 1e6} MB`,
      verdictOf(bytes < mostBytes),
    ]);
  }
  printTable(
    `The agent's own load over ${SECONDS} s, its symbol reader included`,
    ['target', 'pairs/s', 'of a core', 'at most', '', 'resident', 'at most', ''],
    rows,
  );
}

void main();
