/**
 * An agent that runs as a child process: its streams, the tail of its stderr, and an end that
 * leaves nothing behind.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { UserError } from '../errors.ts';
import type { AgentExit, AgentProcess } from './host.ts';
import { processTree, signalAll } from './process-tree.ts';

/** Enough for the last words of an agent, a loader or an elevation command. */
const STDERR_TAIL_BYTES = 4096;

/** How long each way of asking a process to end may take before the next, harsher one. */
export interface EndingPatience {
  /** From the closing of its stdin, by which an agent ends on its own, to SIGTERM. */
  readonly closedMs: number;
  /** From SIGTERM to SIGKILL, and from there to giving up. */
  readonly signalMs: number;
}

export const defaultPatience: EndingPatience = { closedMs: 2000, signalMs: 1000 };

export interface ChildAgentOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  /** Runs `kill` as root where the child's processes are root's and we are not; may be empty. */
  readonly elevation: readonly string[];
  readonly patience: EndingPatience;
  readonly explainExit: AgentProcess['explainExit'];
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export class ChildAgent implements AgentProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exited: Promise<AgentExit>;
  readonly #child: Child;
  readonly #options: ChildAgentOptions;
  #stderr = Buffer.alloc(0);
  #disposal: Promise<void> | undefined;

  private constructor(child: Child, options: ChildAgentOptions) {
    this.#child = child;
    this.#options = options;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    // A broken pipe is no news of its own: the exit, or the writer of messages, tells.
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-STDERR_TAIL_BYTES);
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        void this.#drain().then(() => {
          resolve({
            code: code ?? undefined,
            signal: signal ?? undefined,
            stderrTail: this.stderrTail(),
          });
        });
      });
    });
  }

  /**
   * Starts the process.
   * @throws the system error when it cannot be executed
   */
  static start(options: ChildAgentOptions): Promise<ChildAgent> {
    const [program, ...args] = options.command;
    // A session of its own: the terminal's Ctrl-C is for the front door, which then ends the
    // capture in an orderly way through the protocol.
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.environment,
      detached: true,
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        child.off('error', reject);
        resolve(new ChildAgent(child, options));
      });
    });
  }

  stderrTail(): string {
    return this.#stderr.toString('utf8');
  }

  explainExit(exit: AgentExit, greeted: boolean): UserError {
    return this.#options.explainExit(exit, greeted);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#end();
    return this.#disposal;
  }

  async #end(): Promise<void> {
    const { patience, elevation } = this.#options;
    this.stdin.end();
    // An agent that is blocked in a write must be able to finish it.
    this.stdout.resume();
    if (await this.#endsWithin(patience.closedMs)) return;
    // The pipes are closed on a stuck process's behalf: its children may be what holds them.
    this.stdin.destroy();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (this.#child.pid === undefined) return;
      await signalAll(await processTree(this.#child.pid), signal, elevation);
      if (await this.#endsWithin(patience.signalMs)) return;
    }
  }

  /** Waits for the process's end; true when it came in time. */
  async #endsWithin(milliseconds: number): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(milliseconds, false, { signal: timer.signal }).catch(() => false);
    const ended = await Promise.race([this.exited.then(() => true), late]);
    timer.abort();
    return ended;
  }

  /** Waits for what is still in the pipes, but not for strangers who inherited them. */
  async #drain(): Promise<void> {
    const streams = [this.stdout, this.#child.stderr];
    const closed = Promise.all(
      streams.map(async (stream) => {
        // A read error is followed by a close, too: what was read until then counts.
        if (!stream.closed) await once(stream, 'close').catch(() => undefined);
      }),
    );
    const timer = new AbortController();
    const late = delay(500, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([closed, late]);
    timer.abort();
    for (const stream of streams) stream.destroy();
  }
}
