/**
 * How soon a user sees something: from the start of the command line to the first sample, and to the
 * first stack whose source line is known, on a program with some 100 MB of debug information. Its
 * files are in the page cache, as those of a program that was just started are.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { median } from 'simple-statistics';
import { cliPath } from '../test/support/command-line.ts';
import { TargetProcess } from '../test/support/target-process.ts';
import { repository } from '../test/support/targets.ts';
import { buildBigProgram } from './support/big-program.ts';
import { printTable, verdictOf } from './support/table.ts';

const ROUNDS = 5;
const MOST_SECONDS = { sample: 2, stack: 3 };

interface Times {
  readonly sample: number;
  readonly stack: number;
}

/** Captures once, and reads the time of the first lines that tell of a sample and of a source. */
async function measure(pid: number): Promise<Times> {
  const began = performance.now();
  // So short a capture shows a line for each sample.
  const args = [cliPath, 'capture', '--pid', String(pid), '--duration', '10s'];
  const child = spawn(process.execPath, args, {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const seconds = (): number => (performance.now() - began) / 1000;
  let sample: number | undefined;
  let stack: number | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    if (/ traced\b/.test(line)) sample ??= seconds();
    if (/big_unit\.cpp:\d+/.test(line)) stack ??= seconds();
    if (stack !== undefined) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  if (sample === undefined || stack === undefined) throw new Error('the capture showed no source');
  return { sample, stack };
}

async function main(): Promise<void> {
  const program = await buildBigProgram();
  const running = await TargetProcess.start({ name: 'big_program', program: program.path });
  const times: Times[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) times.push(await measure(running.pid));
  } finally {
    await running.kill();
  }
  const rows = (['sample', 'stack'] as const).map((what) => {
    const middle = median(times.map((time) => time[what]));
    const most = MOST_SECONDS[what];
    return [
      what === 'sample' ? 'first sample' : 'first stack with its source line',
      `${middle.toFixed(2)} s`,
      `${most} s`,
      verdictOf(middle <= most),
    ];
  });
  printTable(
    `From the command to the first result, ${program.debugMegabytes.toFixed(0)} MB of debug ` +
      `information, medians of ${ROUNDS}`,
    ['', 'measured', 'at most', ''],
    rows,
  );
}

void main();
