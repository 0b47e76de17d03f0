/**
 * Decodes a capture that was saved: the same types as capture.ts, from input that nothing is known
 * of. A hole in `locations` or `stacks` is null in JSON, which has no undefined.
 */
import { z } from 'zod';
import {
  captureStartResult,
  type Counter,
  endReason,
  frame,
  initializeResult,
  moduleInfo,
  sampleMessage,
  stackInfo,
} from '../../protocol/agent.ts';
import type { Capture, Location, Sample } from './capture.ts';
import { compactSample } from './timeline.ts';

const location = z
  .object({
    address: z.string(),
    module: z.number().int().min(-1),
    offset: z.number().int().nonnegative(),
    frames: z.array(frame).optional(),
  })
  .transform((value): Location => ({ ...value, frames: value.frames }));

/** Null where nothing arrived. */
function orHole<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.union([schema, z.null().transform(() => undefined)]);
}

const head = z.object({
  host: initializeResult.shape.host,
  features: initializeResult.shape.features,
  agentVersion: z.string(),
  start: captureStartResult.omit({ captureId: true }),
  intervalMs: z.number().positive(),
  modules: z.array(moduleInfo),
  locations: z.array(orHole(location)),
  stacks: z.array(orHole(stackInfo)),
  end: z
    .object({ reason: z.union([endReason, z.literal('agentLost')]), detail: z.string() })
    .nullish()
    .transform((end) => end ?? undefined),
});

/** Whether it is what the protocol's decoder accepts as counters. A long capture holds millions of
 *  them, and this test is what makes reading one a matter of seconds. */
function isCounters(value: unknown): value is Counter[] {
  return (
    Array.isArray(value) &&
    value.every(
      (row: unknown) =>
        Array.isArray(row) &&
        row.length === 6 &&
        row.every((number) => Number.isSafeInteger(number) && number >= 0),
    )
  );
}
const sample = sampleMessage.omit({ captureId: true }).extend({
  counters: z.custom<Counter[]>(isCounters, { message: 'not a list of counters' }),
});

/**
 * Everything of a capture but its samples.
 * @param value anything
 * @throws ZodError that says where it is no capture
 */
export function decodeHead(value: unknown): Omit<Capture, 'samples'> {
  return head.parse(value);
}

/**
 * One sample.
 * @param value anything
 * @throws ZodError that says where it is no sample
 */
export function decodeSample(value: unknown): Sample {
  return compactSample(sample.parse(value));
}
