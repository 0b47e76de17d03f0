/** The built command line, run as a user runs it: dist/cli.js in a process of its own. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { repository } from './targets.ts';

export const cliPath = path.join(repository, 'dist', 'cli.js');

export interface CliResult {
  /** The exit code, or the name of the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly pid: number;
  readonly result: Promise<CliResult>;
  kill(signal: NodeJS.Signals): void;
}

export interface CliOptions {
  /** Who runs it; default: who runs the tests. */
  readonly uid?: number;
  /** Another copy of the bundle, and of the interpreter, for a user who cannot read the first. */
  readonly cli?: string;
  readonly node?: string;
}

/** Starts the command line; standard input is empty, and neither output is a terminal. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  const { uid, cli = cliPath, node = process.execPath } = options;
  const child = spawn(node, [cli, ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid, cwd: '/' }),
  });
  if (child.pid === undefined) throw new Error('the command line did not start');
  const status = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(code ?? signal ?? -1);
    });
  });
  const result = Promise.all([status, text(child.stdout), text(child.stderr)]).then(
    ([how, stdout, stderr]) => ({ status: how, stdout, stderr }),
  );
  return {
    pid: child.pid,
    result,
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).result;
}

const sarifLocation = z.object({
  physicalLocation: z.object({
    artifactLocation: z.object({ uri: z.string() }),
    region: z.object({ startLine: z.number().int() }),
  }),
});

/** The part of SARIF 2.1.0 that the tests read. */
const sarif = z.object({
  version: z.literal('2.1.0'),
  runs: z.tuple([
    z.object({
      results: z.array(
        z.object({
          ruleId: z.string(),
          locations: z.array(sarifLocation),
          stacks: z.array(z.object({ frames: z.array(z.unknown()) })),
          properties: z.object({
            bytesPerSecond: z.number(),
            outstandingBytes: z.number(),
            outstandingCount: z.number(),
            rSquared: z.number(),
            verdict: z.string(),
          }),
        }),
      ),
      properties: z.record(z.string(), z.unknown()),
    }),
  ]),
});
export type SarifRun = z.infer<typeof sarif>['runs'][0];

/** Reads a SARIF log with one run. */
export async function readSarif(file: string): Promise<SarifRun> {
  return sarif.parse(JSON.parse(await readFile(file, 'utf8'))).runs[0];
}

/** The lines that a run blames, as `FILE:LINE` with the file's name alone, sorted. */
export function blamedLines(run: SarifRun): string[] {
  return run.results
    .flatMap(({ locations }) => locations.slice(0, 1))
    .map(({ physicalLocation: { artifactLocation, region } }) => {
      return `${path.basename(artifactLocation.uri)}:${region.startLine}`;
    })
    .sort();
}
