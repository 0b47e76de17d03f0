/**
 * For tests: the command line as it is shipped, a single file far from any node_modules, run as a
 * process of its own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

let bundle: string | undefined;

/** Path of the bundled command line; made once for each test file. */
export function bundledCli(): string {
  if (bundle === undefined) {
    const directory = mkdtempSync(path.join(tmpdir(), 'leaklens-cli-'));
    process.once('exit', () => {
      rmSync(directory, { recursive: true, force: true });
    });
    execFileSync(process.execPath, ['scripts/bundle-cli.mjs', directory]);
    bundle = path.join(directory, 'cli.js');
  }
  return bundle;
}

export interface CliResult {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** Resolves when standard error holds the text. */
  says(text: string): Promise<void>;
  readonly result: Promise<CliResult>;
}

/** Starts the command line with no terminal. */
export function startCli(args: readonly string[], cwd = '/'): RunningCli {
  const child = spawn(process.execPath, [bundledCli(), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const result = new Promise<CliResult>((resolve) => {
    child.once('close', (code) => {
      resolve({ code: code ?? undefined, out, err });
    });
  });
  return {
    child,
    result,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (err.includes(text)) resolve();
        };
        child.stderr.on('data', look);
        child.once('close', () => {
          reject(new Error(`ended without saying ${JSON.stringify(text)}: ${err}`));
        });
        look();
      }),
  };
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], cwd?: string): Promise<CliResult> {
  return startCli(args, cwd).result;
}
