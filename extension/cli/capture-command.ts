/** `leaklens capture`: from a target that runs, or is started, to a report. */
import { setTimeout as delay } from 'node:timers/promises';
import { analyze, isCertain } from '../analysis/analyze.ts';
import type { Report } from '../analysis/report.ts';
import { defaultThresholds } from '../analysis/thresholds.ts';
import type { CaptureEnd } from '../capture/capture.ts';
import { CaptureSession } from '../capture/session.ts';
import { UserError } from '../errors.ts';
import type { AgentConnection } from '../hosts/connection.ts';
import { type AgentOptions, connect } from './agent-options.ts';
import { chooseProcess } from './choose-process.ts';
import { parseDuration } from './duration.ts';
import { ExitCode } from './exit-codes.ts';
import { printable } from './format.ts';
import { catchInterrupts } from './interrupts.ts';
import { Judge } from './judge.ts';
import { launch, type LaunchedProgram } from './launch.ts';
import { createProgress, type Progress } from './progress.ts';
import { checkOutput, type ResultOptions, writeResult } from './result.ts';
import type { Surroundings } from './surroundings.ts';

export interface CaptureOptions extends AgentOptions, ResultOptions {
  readonly pid?: string;
  readonly name?: string;
  readonly duration: string;
  readonly interval: string;
  readonly until?: 'verdict';
  readonly verbose?: boolean;
}

type Target =
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'name'; readonly pattern: string }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] };

const day = 24 * 3_600_000;
const durations = { min: 100, max: 7 * day };
/** What the protocol permits. */
const intervals = { min: 100, max: 60_000 };

/**
 * Captures, shows the progress and writes the result.
 * @param command the program to launch and its arguments; empty where a running one is meant
 * @returns the exit code
 * @throws UserError why there is no capture
 */
export async function captureCommand(
  command: readonly string[],
  options: CaptureOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const target = readTarget(command, options);
  const durationMs = parseDuration(options.duration, '--duration', durations);
  const intervalMs = parseDuration(options.interval, '--interval', intervals);
  await checkOutput(options);
  const { console, cwd } = surroundings;
  const { session, interrupted } = await record(
    target,
    durationMs,
    intervalMs,
    options,
    surroundings,
  );

  const { capture } = session;
  const report = analyze(capture);
  const code = await writeResult(capture, report, options, console, cwd);
  const end = await session.ended;
  if (end.reason === 'agentLost' || end.reason === 'failed') {
    console.err.write(`leaklens: the capture was cut short: ${printable(end.detail)}\n`);
    return ExitCode.captureImpossible;
  }
  const endedByItself = !interrupted && (end.reason === 'exited' || end.reason === 'exec');
  if (endedByItself && !isEnough(report)) {
    console.err.write('leaklens: the target ended before there was enough evidence.\n');
    return ExitCode.targetEnded;
  }
  return code;
}

/** Whether the analysis had enough to judge by. */
function isEnough({ samples, durationNs }: Report): boolean {
  return (
    samples >= defaultThresholds.minimumSamples && durationNs >= defaultThresholds.minimumDurationNs
  );
}

function readTarget(command: readonly string[], { pid, name }: CaptureOptions): Target {
  const [program, ...args] = command;
  const given = [pid, name, program].filter((value) => value !== undefined).length;
  if (given !== 1) {
    throw new UserError(
      'badChoice',
      given === 0 ? 'No target is given.' : 'More than one target is given.',
      'Give one of --pid N, --name PATTERN, or -- COMMAND ARGS...',
    );
  }
  if (program !== undefined) return { kind: 'command', command: [program, ...args] };
  if (name !== undefined) return { kind: 'name', pattern: name };
  return { kind: 'pid', pid: parsePid(pid ?? '') };
}

/**
 * @throws UserError badChoice
 */
export function parsePid(text: string): number {
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (pid > 0) return pid;
  throw new UserError(
    'badChoice',
    `--pid ${JSON.stringify(text)} is no process number.`,
    'See "leaklens ps" for the processes that can be captured.',
  );
}

/** Runs the capture. When it returns, or throws, agent and launched program are gone. */
async function record(
  target: Target,
  durationMs: number,
  intervalMs: number,
  options: CaptureOptions,
  surroundings: Surroundings,
): Promise<{ session: CaptureSession; interrupted: boolean }> {
  const { err } = surroundings.console;
  const verbose = options.verbose === true;
  let progress: Progress | undefined;
  const say = (line: string): void => {
    if (progress === undefined) err.write(line);
    else progress.say(line);
  };
  // The agent first: a launched program should be captured from its beginning.
  const connection = await connect(options, surroundings.bundleDirectory);
  let launched: LaunchedProgram | undefined;
  try {
    connection.onNotification(({ method, params }) => {
      if (method !== 'log') return;
      const important = params.level === 'warning' || params.level === 'error';
      if (important || verbose) say(`agent: ${printable(params.message)}\n`);
    });
    if (target.kind === 'command') {
      launched = await launch(target.command, err.isTerminal ? say : undefined);
    }
    const pid = launched?.pid ?? (await findPid(target, connection));
    const session = await start(connection, pid, intervalMs, launched);
    if (verbose) err.writeLines(describeProbes(session));
    const judge = new Judge(session.capture);
    progress = createProgress(session.capture, err, { durationMs, cwd: surroundings.cwd, judge });
    const certain = options.until === 'verdict' ? certainty(session, judge) : never;
    const interrupted = await runToItsEnd(session, progress, durationMs, certain);
    return { session, interrupted };
  } finally {
    progress?.close();
    await Promise.all([connection.dispose(), launched?.end()]);
  }
}

/** Starts the capture; a launched program may have ended before there is anything to trace. */
async function start(
  connection: AgentConnection,
  pid: number,
  intervalMs: number,
  launched: LaunchedProgram | undefined,
): Promise<CaptureSession> {
  try {
    return await CaptureSession.start(connection, { pid, intervalMs });
  } catch (error) {
    if (launched?.hasEnded() !== true) throw error;
    throw new UserError(
      'processExited',
      `${launched.name} ended before it could be traced.`,
      'Give it more to do.',
      { cause: error },
    );
  }
}

async function findPid(target: Target, connection: AgentConnection): Promise<number> {
  if (target.kind === 'pid') return target.pid;
  const { processes } = await connection.request('process/list', undefined);
  const pattern = target.kind === 'name' ? target.pattern : '';
  return chooseProcess(processes, pattern, [process.pid, connection.identity.agent.pid]).pid;
}

/** Resolves when a leak is certain. */
function certainty(session: CaptureSession, judge: Judge): Promise<void> {
  return new Promise((resolve) => {
    session.onEvent(({ method }) => {
      if (method !== 'capture/sample') return;
      const report = judge.report();
      if (report !== undefined && isCertain(report, defaultThresholds.certainConfidence)) resolve();
    });
  });
}

const never = new Promise<void>(() => undefined);

/**
 * Waits for the first of the reasons to end a capture, and ends it.
 * @param certain what ends it beside the target's end, the duration and the user
 * @returns whether it was the user
 */
async function runToItsEnd(
  session: CaptureSession,
  progress: Progress,
  durationMs: number,
  certain: Promise<void>,
): Promise<boolean> {
  const subscription = session.onEvent(({ method }) => {
    if (method === 'capture/sample') progress.update();
  });
  const interrupts = catchInterrupts();
  const timer = new AbortController();
  const over = delay(durationMs, 'over' as const, { signal: timer.signal });
  try {
    const first = await Promise.race([
      session.ended.then((end: CaptureEnd) => end.reason),
      interrupts.requested.then(() => 'interrupted' as const),
      over.catch(() => 'over' as const),
      certain.then(() => 'certain' as const),
    ]);
    progress.stopping();
    await session.stop();
    return first === 'interrupted';
  } finally {
    timer.abort();
    interrupts.dispose();
    subscription.dispose();
  }
}

function describeProbes({ capture }: CaptureSession): string[] {
  const { probes, attach, mappings } = capture.start;
  return [
    `probes by ${attach}${mappings.traced ? '; mappings are traced' : `; mappings are not traced: ${printable(mappings.reason ?? '')}`}`,
    ...probes.map(
      ({ function: name, module, offset, emulated, reason }) =>
        `  ${printable(name)}+${offset} in ${printable(module)}, ` +
        `${emulated ? 'emulated' : 'single-stepped'}: ${printable(reason)}`,
    ),
  ];
}
