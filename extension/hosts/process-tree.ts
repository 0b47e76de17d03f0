/**
 * Ending a child process together with everything that it started, also when those run as root and
 * we do not: through an elevation command there may be two or three processes in a row.
 */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { systemErrorCode } from '../errors.ts';

/** Parent PID by PID, of every process that /proc shows now. */
async function parents(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const rows = await Promise.all(
    pids.map(async (pid): Promise<[number, number] | undefined> => {
      try {
        const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
        // The name stands in parentheses and may itself hold some: fields count from the last.
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [pid, parent];
      } catch {
        return undefined; // It ended between the two reads.
      }
    }),
  );
  return new Map(rows.filter((row) => row !== undefined));
}

/**
 * A process and all of its descendants, parents before children.
 * @param root PID of a child that has not been reaped, so that the number cannot mean another
 */
export async function processTree(root: number): Promise<number[]> {
  const parentOf = await parents();
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parentOf) if (parent === pid) tree.push(child);
  }
  return tree;
}

/**
 * Sends a signal to each of some processes. Those that only root may signal are reached through the
 * elevation command; processes that are gone are no error.
 * @param pids whom
 * @param elevation command and arguments that run what follows as root
 */
export async function signalAll(
  pids: readonly number[],
  signal: 'SIGTERM' | 'SIGKILL',
  elevation: readonly string[],
): Promise<void> {
  const refused: number[] = [];
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (systemErrorCode(error) === 'EPERM') refused.push(pid);
    }
  }
  const [command, ...args] = elevation;
  if (refused.length === 0 || command === undefined) return;
  await new Promise<void>((resolve) => {
    const kill = ['kill', '-s', signal.slice(3), ...refused.map(String)];
    const child = spawn(command, [...args, ...kill], { stdio: 'ignore' });
    child.on('error', () => {
      resolve();
    });
    child.on('exit', () => {
      resolve();
    });
  });
}
