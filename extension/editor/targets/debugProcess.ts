/**
 * The process of a debug session: from the adapter's `process` event (Debug Adapter Protocol), from
 * the configuration of an attach, or, for adapters that tell neither, the youngest process that
 * runs the configured program. Pure.
 */
import { z } from 'zod';
import type { ProcessInfo } from '../../../protocol/agent.ts';

const processEvent = z.object({
  type: z.literal('event'),
  event: z.literal('process'),
  body: z.object({
    systemProcessId: z.number().int().positive(),
    /** Absent means local, by the protocol. */
    isLocalProcess: z.boolean().optional(),
  }),
});

/** @param message whatever the adapter sent; @returns the PID that it announces, if it does */
export function pidOfMessage(message: unknown): number | undefined {
  const event = processEvent.safeParse(message);
  if (!event.success || event.data.body.isLocalProcess === false) return undefined;
  return event.data.body.systemProcessId;
}

const pid = z.coerce.number().int().positive();
const configurationDecoder = z.object({
  request: z.string(),
  program: z.string().optional(),
  processId: pid.optional().catch(undefined),
  pid: pid.optional().catch(undefined),
});

/** @param configuration of the session, variables replaced */
export function pidOfConfiguration(
  configuration: unknown,
  processes: readonly ProcessInfo[],
): number | undefined {
  const decoded = configurationDecoder.safeParse(configuration);
  if (!decoded.success) return undefined;
  const { request, program, processId, pid: attached } = decoded.data;
  if (request === 'attach') return processId ?? attached;
  const running = processes.filter((it) => program !== undefined && it.executable === program);
  running.sort((a, b) => b.startedUnixMs - a.startedUnixMs);
  return running[0]?.pid;
}
