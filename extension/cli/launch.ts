/**
 * Starting a program in order to capture it. It runs as a child, with this terminal's input, as the
 * user who asked: only the agent is privileged.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { printable, withoutControls } from './format.ts';
import { reasonOf, systemErrorCode, UserError } from '../errors.ts';

/** How long a program may take to map its C library before it is captured as it is. */
const MAPPING_PATIENCE_MS = 2000;
/** How long it may take to end after SIGTERM before it is killed. */
const ENDING_PATIENCE_MS = 2000;

export interface LaunchedProgram {
  readonly pid: number;
  /** How it is called, for people. */
  readonly name: string;
  hasEnded(): boolean;
  /** Resolves, never rejects, when it has ended. */
  readonly exited: Promise<void>;
  /** Ends it with SIGTERM, and with SIGKILL when it does not listen. Harmless when it has ended. */
  end(): Promise<void>;
}

/**
 * Starts a program and waits until its allocator is mapped.
 * @param command program, looked up in PATH, and arguments
 * @param hear is given the program's output line by line, instead of the terminal, which then stays
 *   in order; when undefined, the output goes to standard error as it comes
 * @throws UserError launchFailed
 */
export async function launch(
  command: readonly [string, ...string[]],
  hear: ((line: string) => void) | undefined,
): Promise<LaunchedProgram> {
  const [program, ...args] = command;
  const output = hear === undefined ? 2 : 'pipe';
  const child = spawn(program, args, { stdio: ['inherit', output, output] });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  const pid = await started(child, program);
  if (hear !== undefined) {
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) readLines(stream, hear);
  }
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await allocatorMapped(pid, hasEnded);
  return {
    pid,
    name: printable(program),
    hasEnded,
    exited,
    end: async () => {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      const timer = new AbortController();
      const late = delay(ENDING_PATIENCE_MS, 'late', { signal: timer.signal }).catch(() => 'ended');
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      timer.abort();
      await exited;
    },
  };
}

function started(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const missing = systemErrorCode(error) === 'ENOENT';
      reject(
        new UserError(
          'launchFailed',
          `${printable(program)} cannot be started: ${missing ? 'there is no such program' : reasonOf(error)}.`,
          missing ? 'Give its path, or a name that is in PATH.' : '',
          { cause: error },
        ),
      );
    });
    child.once('spawn', () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}

function readLines(stream: Readable, hear: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
    hear(`${withoutControls(line)}\n`);
  });
}

/**
 * Waits until the dynamic loader has mapped the C library. A static program, which has no loader,
 * need not be waited for.
 */
async function allocatorMapped(pid: number, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + MAPPING_PATIENCE_MS;
  while (Date.now() < deadline && !hasEnded()) {
    let maps: string;
    try {
      maps = await readFile(`/proc/${pid}/maps`, 'latin1');
    } catch {
      return; // It has ended, or runs as another user: the agent will see.
    }
    const dynamic = /\/ld[-.][^/\n]*$/m.test(maps);
    if (maps !== '' && !dynamic) return;
    // In musl's world the loader is the library.
    if (/\/(?:libc[.-]|ld-musl-)[^/\n]*$/m.test(maps)) return;
    await delay(5);
  }
}
