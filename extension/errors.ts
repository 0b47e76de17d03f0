/**
 * The two kinds of errors: those that a user can do something about, and bugs.
 *
 * A UserError is shown as it is, without a stack trace. Everything else that reaches a front door is
 * internal: it is shown with its stack, because only a developer can act on it.
 */
import type { ErrorKind } from '../protocol/agent.ts';

/** What went wrong: the agent's own kinds, and those that arise on this side of the wire. */
export type UserErrorKind =
  | ErrorKind
  /** No agent binary where one should be. */
  | 'agentMissing'
  | 'agentNotExecutable'
  /** The agent speaks another version of the protocol. */
  | 'agentVersion'
  /** The agent ended, or its connection closed, while it was needed. */
  | 'agentLost'
  /** The agent did not answer in time. */
  | 'agentSilent'
  /** The agent sent something that is not the protocol. */
  | 'agentGarbled'
  /** The agent answered with an error that names nothing a user could change. */
  | 'agentFailed'
  | 'rootNeeded'
  /** A saved capture that cannot be read or written. */
  | 'captureFile'
  /** The program to launch does not start. */
  | 'launchFailed'
  /** A choice on the command line or in a dialogue that fits nothing, or too much. */
  | 'badChoice';

/** An error that its reader can act on: one line that says what happened, one that says what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly kind: UserErrorKind;
  /** What to do about it: one sentence, or empty where the message says it all. */
  readonly advice: string;

  constructor(kind: UserErrorKind, message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.advice = advice;
  }
}

/**
 * A user's error in one line: what happened, and what to do. Either may lack its full stop, as
 * messages from elsewhere do.
 */
export function inOneLine({ message, advice }: UserError): string {
  return [message, advice]
    .filter((part) => part !== '')
    .map((part) => (/[.!?]$/.test(part) ? part : `${part}.`))
    .join(' ');
}

/** A state that the program's own logic should have made impossible. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/**
 * Text of a thrown value, for the end of a sentence.
 * @param thrown whatever a catch clause was given
 */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * The `code` of a Node.js system error ("ENOENT" and the like), or undefined.
 * @param thrown whatever a catch clause was given
 */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
