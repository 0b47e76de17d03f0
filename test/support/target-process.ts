/** A running sample program: started, held at its gate, ended, and asked for its own count. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import type { Target } from './targets.ts';

/** What a program counted itself (targets/pace.h); bytes are those that it asked for. */
const ledger = z.object({
  leakedBytes: z.number(),
  leakedBlocks: z.number(),
  allocations: z.number(),
  allocatedBytes: z.number(),
  frees: z.number(),
  freedBytes: z.number(),
});
export type Ledger = z.infer<typeof ledger>;

export interface StartOptions {
  /** Arguments beyond the ones that the methods here need; see targets/pace.h. */
  readonly args?: readonly string[];
  /** Hold the program before it starts working, until `openGate`. */
  readonly gate?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** A command, and its arguments, that runs the program, and may print lines of its own. */
  readonly through?: readonly string[];
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

export class TargetProcess {
  /** Each line of the program's output; the first says its PID. */
  readonly lines: string[] = [];
  readonly #child: Child;
  readonly #ended: Promise<number | NodeJS.Signals>;
  readonly #reader: Interface;
  readonly #output: Promise<unknown>;

  private constructor(child: Child, reader: Interface) {
    this.#child = child;
    this.#reader = reader;
    this.#output = once(reader, 'close');
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(code ?? signal ?? -1);
      });
    });
  }

  /** Starts a program and waits until it has said its PID. */
  static async start(
    target: Pick<Target, 'name' | 'program'>,
    options: StartOptions = {},
  ): Promise<TargetProcess> {
    const { args = [], gate = false, env = {}, through = [] } = options;
    const command = [...through, target.program, ...args, ...(gate ? ['--gate'] : [])];
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    // A program that is gone reads nothing more.
    child.stdin.on('error', () => undefined);
    const reader = createInterface({ input: child.stdout });
    const greeted = new Promise<void>((resolve) => {
      reader.on('line', (line) => {
        if (/^pid \d+$/.test(line)) resolve();
      });
    });
    const started = new TargetProcess(child, reader);
    reader.on('line', (line) => started.lines.push(line));
    await Promise.race([
      greeted,
      started.#ended.then((how) => {
        throw new Error(`${target.name} ended at its start: ${how}`);
      }),
      once(child, 'error').then(([error]) => {
        throw new Error(`${target.name} cannot be started`, { cause: error });
      }),
    ]);
    return started;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program never started');
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  openGate(): void {
    this.#child.stdin.write('\n');
  }

  /** Waits until the program has done its work and printed its count (give it --linger). */
  finished(): Promise<Ledger> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.lines.some(isLedger)) resolve(this.#ledger());
      };
      this.#reader.on('line', look);
      this.#reader.once('close', () => {
        reject(new Error('the program ended without its count'));
      });
      look();
    });
  }

  /** Waits for the end of the program, or of what runs it. */
  async exited(): Promise<void> {
    await this.#ended;
  }

  /** Ends the program as its user would, and returns its own count; it must end well. */
  async stop(): Promise<Ledger> {
    this.#child.kill('SIGTERM');
    const how = await this.#ended;
    await this.#output;
    if (how !== 0) throw new Error(`the program ended with ${how}`);
    return this.#ledger();
  }

  /** Ends the program by force. Harmless when it has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #ledger(): Ledger {
    const line = this.lines.find(isLedger);
    if (line === undefined) throw new Error('the program did not print its count');
    return ledger.parse(JSON.parse(line));
  }
}

function isLedger(line: string): boolean {
  return line.startsWith('{"leakedBytes"');
}
