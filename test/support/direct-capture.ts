/**
 * A capture through the same modules that the command line uses, for tests that need the counts and
 * frames themselves, or that interfere with the agent.
 */
import path from 'node:path';
import type { Frame, Losses, SampleMessage } from '../../protocol/agent.ts';
import type { Capture } from '../../extension/capture/capture.ts';
import { CaptureSession } from '../../extension/capture/session.ts';
import { AgentConnection, type RequestParams } from '../../extension/hosts/connection.ts';
import { LocalHost } from '../../extension/hosts/local.ts';
import { repository } from './targets.ts';

export const agentPath = path.join(repository, 'dist', 'agent', 'leaklens-agent');
/** The same agent, built with the address and undefined-behaviour sanitizers. */
export const sanitizedAgentPath = path.join(
  repository,
  'build',
  'sanitized',
  'agent',
  'leaklens-agent-sanitized',
);

/** Starts an agent on this machine and greets it. */
export function openAgent(agent: string = agentPath): Promise<AgentConnection> {
  const host = new LocalHost({ bundleDirectory: path.join(repository, 'dist'), agentPath: agent });
  return AgentConnection.open(host, { client: { name: 'leaklens-test', version: '0' } });
}

type StartParams = RequestParams<'capture/start'>;

/** Starts a capture with samples ten times a second, so that tests need not wait for them. */
export function startCapture(
  connection: AgentConnection,
  pid: number,
  params: Partial<StartParams> = {},
): Promise<CaptureSession> {
  return CaptureSession.start(connection, { pid, intervalMs: 100, ...params });
}

/** Resolves when a sample has come for which `condition` holds; the end of the capture rejects. */
export function sampleWhere(
  session: CaptureSession,
  condition: (sample: Omit<SampleMessage, 'captureId'>) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = session.onEvent((event) => {
      if (event.method === 'ended') {
        reject(new Error(`the capture ended early: ${event.end.detail}`));
      } else if (event.method === 'capture/sample' && condition(event.params)) {
        subscription.dispose();
        resolve();
      }
    });
  });
}

/** The capture's last sample. */
export function lastSample(capture: Capture): Capture['samples'][number] {
  const sample = capture.samples.at(-1);
  if (sample === undefined) throw new Error('the capture has no sample');
  return sample;
}

/** The kinds of loss that a sample counts, but for stacks that are merely cut or guessed. */
export function lostEvents(losses: Losses): string[] {
  const shapes = ['stacksTruncated', 'stacksGuessed'];
  return Object.entries(losses).flatMap(([kind, count]) =>
    count > 0 && !shapes.includes(kind) ? [`${kind}: ${count}`] : [],
  );
}

/** What a stack allocated and what of it is left, from its last counters. */
export interface StackTotals {
  readonly stack: number;
  readonly kind: 'heap' | 'mapping' | 'free';
  readonly end: string;
  readonly frames: readonly Frame[];
  readonly allocations: number;
  readonly allocatedBytes: number;
  readonly frees: number;
  readonly freedBytes: number;
}

/** All stacks of a capture with their last, cumulative counters added up over the cohorts. */
export function stackTotals(capture: Capture): StackTotals[] {
  const last = new Map<string, readonly number[]>();
  for (const sample of capture.samples) {
    for (const [stack, cohort, ...counts] of sample.counters)
      last.set(`${stack} ${cohort}`, counts);
  }
  const sums = new Map<number, number[]>();
  for (const [key, counts] of last) {
    const stack = Number(key.split(' ')[0]);
    const sum = sums.get(stack) ?? [0, 0, 0, 0];
    sums.set(
      stack,
      sum.map((value, index) => value + (counts[index] ?? 0)),
    );
  }
  return capture.stacks.flatMap((info, stack) => {
    if (info === undefined) return [];
    const [allocations = 0, allocatedBytes = 0, frees = 0, freedBytes = 0] = sums.get(stack) ?? [];
    const frames = info.locations.flatMap((index) => capture.locations[index]?.frames ?? []);
    const { kind, end } = info;
    return [{ stack, kind, end, frames, allocations, allocatedBytes, frees, freedBytes }];
  });
}

/** A frame's place as `FILE:LINE` with the file's name alone, or empty. */
export function placeOf(frame: Frame): string {
  return frame.file === undefined ? '' : `${path.basename(frame.file)}:${frame.line ?? 0}`;
}
