/**
 * Decodes a capture that was saved: the same types as capture.ts, from input that nothing is known
 * of. A hole in `locations` or `stacks` is null in JSON, which has no undefined.
 */
import { z } from 'zod';
import {
  captureStartResult,
  endReason,
  frame,
  initializeResult,
  moduleInfo,
  sampleMessage,
  stackInfo,
} from '../../protocol/agent.ts';
import type { Capture, Location } from './capture.ts';
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

const document = z.object({
  host: initializeResult.shape.host,
  features: initializeResult.shape.features,
  agentVersion: z.string(),
  start: captureStartResult.omit({ captureId: true }),
  intervalMs: z.number().positive(),
  modules: z.array(moduleInfo),
  locations: z.array(orHole(location)),
  stacks: z.array(orHole(stackInfo)),
  samples: z.array(z.unknown()),
  end: z
    .object({ reason: z.union([endReason, z.literal('agentLost')]), detail: z.string() })
    .nullish()
    .transform((end) => end ?? undefined),
});
const sample = sampleMessage.omit({ captureId: true });

/**
 * @param value anything
 * @throws ZodError that says where it is no capture
 */
export function decodeCapture(value: unknown): Capture {
  const { samples, ...rest } = document.parse(value);
  // One at a time: a long capture's samples need not lie in memory twice.
  const decoded = samples.map((raw, index) => {
    samples[index] = undefined;
    return compactSample(sample.parse(raw));
  });
  return { ...rest, samples: decoded };
}
