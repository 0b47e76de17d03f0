/** Our own capture as a contender in a benchmark. */
import { openAgent, startCapture } from '../../test/support/direct-capture.ts';
import type { Tracer } from './bpftrace.ts';

/** Captures a running process, with a sample a second as the command line takes by default. */
export async function attachOurs(pid: number): Promise<Tracer> {
  const agent = await openAgent();
  const session = await startCapture(agent, pid, { intervalMs: 1000 });
  return {
    stop: async () => {
      await session.stop();
      await agent.dispose();
    },
  };
}
