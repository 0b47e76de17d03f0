/** What the command line's exit codes mean; scripts and CI jobs rely on them. */
import { UserError } from '../errors.ts';

export const ExitCode = {
  done: 0,
  /** A leak was found, and `--fail-on leak` was given. */
  leakFound: 1,
  usage: 2,
  captureImpossible: 3,
  /** The target ended before there was enough evidence. */
  targetEnded: 4,
  /** By convention 128 plus the number of SIGINT: ended by the user without a report. */
  aborted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UserError) {
    if (error.kind === 'badChoice') return ExitCode.usage;
    if (error.kind === 'processExited') return ExitCode.targetEnded;
  }
  return ExitCode.captureImpossible;
}
