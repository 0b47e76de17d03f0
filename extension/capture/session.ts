/**
 * One capture from its start to its end: asks the agent for it, keeps what the agent tells, and lets
 * any number of listeners follow. However it ends, everything recorded until then stays readable.
 */
import type { CaptureStartParams } from '../../protocol/agent.ts';
import { reasonOf, UserError } from '../errors.ts';
import type { AgentConnection, AgentNotification, Disposable } from '../hosts/connection.ts';
import type { Capture, CaptureEnd } from './capture.ts';
import { type CaptureNotification, Timeline } from './timeline.ts';

/** What listeners hear: each of the agent's messages, after the capture has taken it in; and the
 *  end, exactly once, also when the agent could not announce it. */
export type SessionEvent =
  | Exclude<CaptureNotification, { method: 'capture/ended' }>
  | { readonly method: 'ended'; readonly end: CaptureEnd };

export class CaptureSession {
  /** Resolves, never rejects, once nothing will be added any more. */
  readonly ended: Promise<CaptureEnd>;
  readonly #connection: AgentConnection;
  readonly #timeline: Timeline;
  readonly #captureId: number;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #subscription: Disposable;
  #resolveEnded: (end: CaptureEnd) => void = () => undefined;

  private constructor(
    connection: AgentConnection,
    timeline: Timeline,
    captureId: number,
    subscription: Disposable,
  ) {
    this.#connection = connection;
    this.#timeline = timeline;
    this.#captureId = captureId;
    this.#subscription = subscription;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    void connection.lost.then((reason) => {
      this.#finish({ reason: 'agentLost', detail: reason.message });
    });
  }

  /**
   * Starts a capture.
   * @param connection the agent to ask; it is not closed with the session
   * @throws UserError what stands in the way
   */
  static async start(
    connection: AgentConnection,
    params: CaptureStartParams,
  ): Promise<CaptureSession> {
    // The first notifications may arrive in one read with the answer: they wait here for the
    // session that only the answer's number can make.
    const early: AgentNotification[] = [];
    let receive = (notification: AgentNotification): void => void early.push(notification);
    const subscription = connection.onNotification((notification) => {
      receive(notification);
    });
    try {
      const started = await connection.request('capture/start', params);
      const timeline = new Timeline(connection.identity, started, params.intervalMs);
      const session = new CaptureSession(connection, timeline, started.captureId, subscription);
      receive = (notification) => {
        session.#receive(notification);
      };
      early.forEach(receive);
      return session;
    } catch (error) {
      subscription.dispose();
      throw error;
    }
  }

  /** The capture so far: always the same object, which grows until `ended`. */
  get capture(): Capture {
    return this.#timeline.capture;
  }

  /**
   * Hears everything from now on.
   * @returns what ends it
   */
  onEvent(listener: (event: SessionEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /**
   * Ends the capture, with a last sample. Harmless when it has ended already.
   * @returns how it ended; an agent that does not answer is an end like any other
   */
  async stop(): Promise<CaptureEnd> {
    if (this.capture.end !== undefined) return this.capture.end;
    try {
      await this.#connection.request('capture/stop', { captureId: this.#captureId });
      this.#finish({ reason: 'failed', detail: 'The agent stopped without saying how.' });
    } catch (error) {
      // Its target may just have exited, which then was the end.
      this.#finish({ reason: 'agentLost', detail: reasonOf(error) });
    }
    return this.ended;
  }

  #receive(notification: AgentNotification): void {
    if (notification.method === 'log' || notification.params.captureId !== this.#captureId) return;
    if (this.capture.end !== undefined) return;
    if (notification.method === 'capture/ended') {
      this.#finish({ reason: notification.params.reason, detail: notification.params.detail });
      return;
    }
    try {
      this.#timeline.apply(notification);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#finish({ reason: 'failed', detail: error.message });
      this.#connection
        .request('capture/stop', { captureId: this.#captureId })
        .catch(() => undefined);
      return;
    }
    this.#emit(notification);
  }

  #finish(end: CaptureEnd): void {
    if (this.capture.end !== undefined) return;
    this.#timeline.finish(end);
    this.#subscription.dispose();
    this.#emit({ method: 'ended', end });
    this.#listeners.clear();
    this.#resolveEnded(end);
  }

  #emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
