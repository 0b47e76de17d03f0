/**
 * The log that "LeakLens: Show Log" shows. Made when it is first needed, because activation should
 * cost nothing.
 */
import * as vscode from 'vscode';
import type { LogMessage } from '../../protocol/agent.ts';
import type { Disposable } from './disposables.ts';
import { plain } from '../text/untrusted.ts';

export class Log implements Disposable {
  #channel: vscode.LogOutputChannel | undefined;

  info(message: string): void {
    this.#open().info(message);
  }

  warning(message: string): void {
    this.#open().warn(message);
  }

  /** Logs an error with its stack and its causes. */
  error(message: string, thrown: unknown): void {
    const channel = this.#open();
    channel.error(message);
    for (let at: unknown = thrown; at instanceof Error; at = at.cause)
      channel.error(at.stack ?? at.message);
  }

  /** What the agent says; its text may hold names that the target chose. */
  agent({ level, message }: LogMessage): void {
    const channel = this.#open();
    const text = `agent: ${plain(message, 2000)}`;
    if (level === 'error') channel.error(text);
    else if (level === 'warning') channel.warn(text);
    else if (level === 'info') channel.info(text);
    else channel.debug(text);
  }

  show(): void {
    this.#open().show();
  }

  dispose(): void {
    this.#channel?.dispose();
  }

  #open(): vscode.LogOutputChannel {
    this.#channel ??= vscode.window.createOutputChannel('LeakLens', { log: true });
    return this.#channel;
  }
}
