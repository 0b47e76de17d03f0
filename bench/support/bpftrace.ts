/**
 * The straightforward bpftrace script that does what we do: it hooks malloc, its return and free,
 * keeps live blocks in a map, and takes the user's stack of each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { patchedBytes } from '../../test/support/remains.ts';

/** Path of the C library that a process has mapped. */
async function libraryOf(pid: number): Promise<string> {
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1');
  const path = /r-xp .* (\/\S*libc[.-]\S*)$/m.exec(maps)?.[1];
  if (path === undefined) throw new Error(`process ${pid} has no C library mapped`);
  return path;
}

function script(library: string): string {
  return [
    `uprobe:${library}:malloc { @size[tid] = arg0; }`,
    `uretprobe:${library}:malloc /@size[tid]/ {`,
    '  @live[retval] = @size[tid]; @stack[retval] = ustack; delete(@size[tid]);',
    '}',
    `uprobe:${library}:free { delete(@live[arg0]); delete(@stack[arg0]); }`,
    // What is left in the maps at the end is not to be printed.
    'END { clear(@size); clear(@live); clear(@stack); }',
  ].join('\n');
}

export interface Tracer {
  stop(): Promise<void>;
}

/** Attaches bpftrace to a running process; returns when its breakpoints are set. */
export async function attachBpftrace(pid: number): Promise<Tracer> {
  const program = script(await libraryOf(pid));
  // bpftrace wants debugfs, which is not mounted everywhere: it gets a mount of its own, which goes
  // with its mount namespace.
  const mounts =
    'mount -t debugfs none /sys/kernel/debug && mount -t tracefs none /sys/kernel/tracing';
  const command = `${mounts} && exec bpftrace -p "$1" -e "$2"`;
  const child = spawn('unshare', ['-m', 'sh', '-c', command, 'sh', String(pid), program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, BPFTRACE_MAP_KEYS_MAX: '1048576' },
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  // malloc, with its return, and free.
  while ((await patchedBytes(pid)) < 2) {
    if (child.exitCode !== null) throw new Error(`bpftrace ended: ${complaint}`);
    await delay(20);
  }
  return { stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  await exit;
}
