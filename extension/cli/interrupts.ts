/** Ctrl-C: once ends a capture in an orderly way, twice gives up at once. */
import { ExitCode } from './exit-codes.ts';

export interface Interrupts {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly requested: Promise<void>;
  /** Gives the signals back their usual meaning. */
  dispose(): void;
}

/**
 * Takes over SIGINT and SIGTERM. The second of them ends this process on the spot, which is safe:
 * the agent sees its stdin closed and detaches everything.
 */
export function catchInterrupts(): Interrupts {
  let resolve: () => void = () => undefined;
  const requested = new Promise<void>((done) => {
    resolve = done;
  });
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) process.exit(ExitCode.aborted);
    resolve();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    requested,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
