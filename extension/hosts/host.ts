/**
 * A host: a place where targets run and where an agent can be started. Whoever drives captures
 * knows hosts only by this interface; whether one is this machine or far away is its own affair.
 */
import type { Readable, Writable } from 'node:stream';
import type { UserError } from '../errors.ts';

/** How an agent's process ended: an exit code or a signal, and what it last wrote to stderr. */
export interface AgentExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The last few KiB of standard error, as text. */
  readonly stderrTail: string;
}

/** A started agent: its two streams, its end, and the way to bring that about. */
export interface AgentProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The last few KiB of standard error so far. */
  stderrTail(): string;
  /** Resolves, never rejects, once the process is gone and stdout is read to its end. */
  readonly exited: Promise<AgentExit>;
  /**
   * Says in a user's words why the agent ended.
   * @param exit how it ended
   * @param greeted true when it had answered `initialize` before; an agent that never did was
   *   probably refused its privilege or could not be executed, which only the host can tell
   */
  explainExit(exit: AgentExit, greeted: boolean): UserError;
  /** Ends the process and everything it started, by force in the end. Safe to call repeatedly. */
  dispose(): Promise<void>;
}

export interface Host {
  /** For people: "this machine", or a host's name. */
  readonly name: string;
  /**
   * Starts an agent that serves the protocol on its standard streams.
   * @throws UserError agentMissing, agentNotExecutable or rootNeeded
   */
  startAgent(): Promise<AgentProcess>;
}
