/** Which share of the call stacks is unwound whole, over all programs that have a ground truth. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  lastSample,
  openAgent,
  stackTotals,
  startCapture,
} from '../test/support/direct-capture.ts';
import { TargetProcess } from '../test/support/target-process.ts';
import { corpus, type Target } from '../test/support/targets.ts';
import { printTable, verdictOf } from './support/table.ts';

const SECONDS = 5;
const AT_ONCE = 4;
const LEAST_SHARE = 0.99;

interface Completeness {
  readonly name: string;
  readonly stacks: number;
  readonly completeStacks: number;
  readonly allocations: number;
  readonly completeAllocations: number;
}

async function measure(candidate: Target): Promise<Completeness> {
  const args = ['--onset', String(SECONDS / 2)];
  const running = await TargetProcess.start(candidate, { args });
  const agent = await openAgent();
  try {
    const session = await startCapture(agent, running.pid);
    await delay(SECONDS * 1000);
    await session.stop();
    const stacks = stackTotals(session.capture).filter(({ allocations }) => allocations > 0);
    const complete = stacks.filter(({ end }) => end === 'complete');
    const { losses, totals } = lastSample(session.capture);
    return {
      name: candidate.name,
      stacks: stacks.length,
      completeStacks: complete.length,
      allocations: totals.allocations,
      completeAllocations: totals.allocations - losses.stacksTruncated - losses.stacksGuessed,
    };
  } finally {
    await agent.dispose();
    await running.kill();
  }
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(2)}%`;
}

function row({
  name,
  stacks,
  completeStacks,
  allocations,
  completeAllocations,
}: Completeness): string[] {
  return [
    name,
    String(stacks),
    percent(completeStacks, stacks),
    String(allocations),
    percent(completeAllocations, allocations),
  ];
}

async function main(): Promise<void> {
  const waiting = [...corpus()];
  const measured: Completeness[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      measured.push(await measure(next));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  measured.sort((a, b) => a.name.localeCompare(b.name));
  const sum = (pick: (each: Completeness) => number): number =>
    measured.reduce((total, each) => total + pick(each), 0);
  const total: Completeness = {
    name: 'all',
    stacks: sum(({ stacks }) => stacks),
    completeStacks: sum(({ completeStacks }) => completeStacks),
    allocations: sum(({ allocations }) => allocations),
    completeAllocations: sum(({ completeAllocations }) => completeAllocations),
  };
  printTable(
    `Call stacks that are whole, ${SECONDS} s of each program`,
    ['program', 'stacks', 'whole', 'allocations', 'with a whole stack'],
    [...measured, total].map(row),
  );
  const share = total.completeAllocations / total.allocations;
  printTable(
    'To reach',
    ['', 'measured', 'at least', ''],
    [
      [
        'allocations with a whole stack',
        percent(total.completeAllocations, total.allocations),
        `${100 * LEAST_SHARE}%`,
        verdictOf(share >= LEAST_SHARE),
      ],
    ],
  );
}

void main();
