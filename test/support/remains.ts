/**
 * What an agent holds in the kernel, and what of it is left afterwards. Objects are known by the
 * numbers that /proc shows of the agent's descriptors, so that other agents on the machine do not
 * matter.
 */
import { execFile } from 'node:child_process';
import { open, readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface KernelObject {
  readonly kind: 'prog' | 'map' | 'link';
  readonly id: number;
}

/** The BPF programs, maps and links that a process has open. */
export async function kernelObjects(pid: number): Promise<KernelObject[]> {
  const descriptors = await readdir(`/proc/${pid}/fdinfo`);
  const texts = await Promise.all(
    descriptors.map((fd) => readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1').catch(() => '')),
  );
  const objects = new Map<string, KernelObject>();
  for (const text of texts) {
    for (const kind of ['prog', 'map', 'link'] as const) {
      const id = new RegExp(`^${kind}_id:\\s+(\\d+)$`, 'm').exec(text)?.[1];
      if (id !== undefined) objects.set(`${kind} ${id}`, { kind, id: Number(id) });
    }
  }
  return [...objects.values()];
}

async function exists({ kind, id }: KernelObject): Promise<boolean> {
  try {
    await run('bpftool', [kind, 'show', 'id', String(id)]);
    return true;
  } catch {
    return false;
  }
}

/** A process and its descendants. */
export async function withDescendants(root: number): Promise<number[]> {
  const family = [root];
  for (const pid of family) {
    const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
    for (const task of tasks) {
      const path = `/proc/${pid}/task/${task}/children`;
      const children = await readFile(path, 'latin1').catch(() => '');
      family.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return family;
}

/** Whether a process runs; one that has ended and waits to be reaped does not. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/**
 * Waits until nothing is left, for a second at most.
 * @returns what is left after that, in words
 */
export async function leftAfterOneSecond(
  pids: readonly number[],
  objects: readonly KernelObject[],
): Promise<string[]> {
  const deadline = performance.now() + 1000;
  for (;;) {
    const [running, kept] = await Promise.all([
      Promise.all(pids.map(runs)),
      Promise.all(objects.map(exists)),
    ]);
    const left = [
      ...pids.filter((_, index) => running[index]).map((pid) => `process ${pid}`),
      ...objects.filter((_, index) => kept[index]).map(({ kind, id }) => `${kind} ${id}`),
    ];
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(20);
  }
}

/**
 * The bytes in which a process's own copy of its C library's code differs from the file: the
 * kernel's breakpoints, while probes are armed, and nothing else.
 */
export async function patchedBytes(pid: number): Promise<number> {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1');
  const row = /^(\w+)-(\w+) r-xp (\w+) \S+ \d+\s+(\/\S*libc[.-]\S*)$/m.exec(maps);
  const [, start = '', end = '', offset = '', file = ''] = row ?? [];
  if (file === '') throw new Error(`process ${pid} has no C library mapped`);
  const size = parseInt(end, 16) - parseInt(start, 16);
  const [memory, disk] = await Promise.all([
    readRange(`/proc/${pid}/mem`, parseInt(start, 16), size),
    readRange(file, parseInt(offset, 16), size),
  ]);
  let different = 0;
  for (let at = 0; at < size; at++) if (memory[at] !== disk[at]) different++;
  return different;
}

async function readRange(path: string, position: number, size: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await file.read(buffer, 0, size, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
