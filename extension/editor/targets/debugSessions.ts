/**
 * Which process each debug session debugs. Adapters announce it once, at the session's start, so
 * somebody has to listen before anyone asks.
 */
import * as vscode from 'vscode';
import { debugTypes } from '../contributions.ts';
import { type Disposable, DisposableList } from '../disposables.ts';
import { pidOfMessage } from './debugProcess.ts';

export class DebugSessions implements Disposable {
  readonly #owned = new DisposableList();
  readonly #pids = new Map<string, number>();
  readonly #sessions = new Map<string, vscode.DebugSession>();

  constructor() {
    for (const type of debugTypes)
      this.#owned.add(
        vscode.debug.registerDebugAdapterTrackerFactory(type, {
          createDebugAdapterTracker: (session) => {
            this.#sessions.set(session.id, session);
            return {
              onDidSendMessage: (message: unknown) => {
                const pid = pidOfMessage(message);
                if (pid !== undefined) this.#pids.set(session.id, pid);
              },
            };
          },
        }),
      );
    this.#owned.add(
      vscode.debug.onDidTerminateDebugSession((session) => {
        this.#pids.delete(session.id);
        this.#sessions.delete(session.id);
      }),
    );
  }

  /** Sessions whose program may be captured, the active one first. */
  get all(): readonly vscode.DebugSession[] {
    const active = vscode.debug.activeDebugSession;
    const known = new Map(this.#sessions);
    // One that began before this extension did has been tracked by nobody.
    if (active !== undefined && debugTypes.some((type) => type === active.type))
      known.set(active.id, active);
    return [...known.values()].sort(
      (a, b) => Number(b.id === active?.id) - Number(a.id === active?.id),
    );
  }

  /** The PID that the session's adapter announced, if it did. */
  announced(session: vscode.DebugSession): number | undefined {
    return this.#pids.get(session.id);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
