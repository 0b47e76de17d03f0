/**
 * A conversation with an agent: typed requests and notifications, decoded both ways, with a
 * time-out for every phase. Whatever goes wrong ends in one clear error and no process left.
 */
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc/node';
import { z } from 'zod';
import {
  ErrorCode,
  errorData,
  type InitializeResult,
  type InitializeParams,
  notifications,
  PROTOCOL_VERSION,
  requests,
} from '../../protocol/agent.ts';
import { InternalError, reasonOf, UserError } from '../errors.ts';
import { QuietMessageWriter, StrictMessageReader } from './framing.ts';
import type { AgentProcess, Host } from './host.ts';

export type RequestMethod = keyof typeof requests;
export type RequestParams<M extends RequestMethod> = z.input<(typeof requests)[M]['params']>;
export type RequestResult<M extends RequestMethod> = z.output<(typeof requests)[M]['result']>;

type NotificationMethod = keyof typeof notifications;
type NotificationParams<M extends NotificationMethod> = z.output<(typeof notifications)[M]>;
/** A decoded notification, told apart by its method. */
export type AgentNotification<M extends NotificationMethod = NotificationMethod> = {
  [K in M]: { readonly method: K; readonly params: NotificationParams<K> };
}[M];

/** The protocol's tables again, typed so that a decoder's result follows from the method. */
interface Decoder<T> {
  parse(value: unknown): T;
}
const resultDecoders: {
  readonly [M in RequestMethod]: { readonly result: Decoder<RequestResult<M>> };
} = requests;
const notificationDecoders: { readonly [M in NotificationMethod]: Decoder<NotificationParams<M>> } =
  notifications;

export interface Disposable {
  dispose(): void;
}

/** Milliseconds that each request may take. */
export type Timeouts = Readonly<Record<RequestMethod, number>>;

export const defaultTimeouts: Timeouts = {
  // Includes the elevation command and the agent's look at the host.
  initialize: 15_000,
  shutdown: 5_000,
  'process/list': 30_000,
  doctor: 60_000,
  // Reads the unwind tables of every module of the target.
  'capture/start': 60_000,
  'capture/stop': 15_000,
};

export interface ConnectionOptions {
  readonly client: InitializeParams['client'];
  readonly timeouts?: Partial<Timeouts>;
}

const reinstall = 'Rebuild or reinstall LeakLens, so that agent and client fit together.';

function isNotificationMethod(method: string): method is NotificationMethod {
  return Object.hasOwn(notifications, method);
}

export class AgentConnection {
  /** Resolves with the reason, never rejects, when the connection is over for any other reason
   *  than `dispose`. */
  readonly lost: Promise<UserError>;
  readonly #process: AgentProcess;
  readonly #rpc: MessageConnection;
  readonly #timeouts: Timeouts;
  readonly #listeners = new Set<(notification: AgentNotification) => void>();
  #resolveLost: (reason: UserError) => void = () => undefined;
  #failure: UserError | undefined;
  #identity: InitializeResult | undefined;
  #disposed = false;

  private constructor(agent: AgentProcess, timeouts: Partial<Timeouts>) {
    this.#process = agent;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
    const reader = new StrictMessageReader(agent.stdout);
    const writer = new QuietMessageWriter(agent.stdin);
    this.#rpc = createMessageConnection(reader, writer, undefined, {
      messageStrategy: {
        handleMessage: (message, next) => {
          try {
            next(message);
          } finally {
            reader.handled();
          }
        },
      },
    });
    reader.onError((error) => {
      this.#fail(this.#garbled(error));
    });
    // A failed write means that the peer is gone: its exit says why.
    this.#rpc.onError(() => undefined);
    this.#rpc.onClose(() => {
      void agent.exited.then((exit) => {
        this.#fail(agent.explainExit(exit, this.#identity !== undefined));
      });
    });
    this.#rpc.onNotification((method, params) => {
      this.#notify(method, params);
    });
    this.#rpc.listen();
  }

  /**
   * Starts an agent on a host and agrees with it on the protocol's version.
   * @throws UserError when that cannot be done; no process is left then
   */
  static async open(host: Host, options: ConnectionOptions): Promise<AgentConnection> {
    const connection = new AgentConnection(await host.startAgent(), options.timeouts ?? {});
    try {
      await connection.#initialize(options.client);
      return connection;
    } catch (error) {
      await connection.dispose();
      throw error;
    }
  }

  /** Who answered `initialize`. */
  get identity(): InitializeResult {
    if (this.#identity === undefined) throw new InternalError('used before it was initialized');
    return this.#identity;
  }

  /**
   * Asks the agent, and decodes what it answers.
   * @throws UserError what the agent says is impossible, its silence, its end, or its nonsense
   */
  async request<M extends RequestMethod>(
    method: M,
    params: RequestParams<M>,
  ): Promise<RequestResult<M>> {
    const answer = await this.#ask(method, params);
    try {
      return resultDecoders[method].result.parse(answer);
    } catch (error) {
      throw this.#fail(this.#garbled(new Error(`its answer to ${method}`, { cause: error })));
    }
  }

  /**
   * Hears every notification from now on, in the order in which the agent sent them.
   * @returns what ends it
   */
  onNotification(listener: (notification: AgentNotification) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Ends the agent by closing its stdin, and by force when it does not listen. Idempotent. */
  async dispose(): Promise<void> {
    if (!this.#disposed) {
      this.#disposed = true;
      this.#listeners.clear();
      this.#rpc.dispose();
    }
    await this.#process.dispose();
  }

  async #initialize(client: InitializeParams['client']): Promise<void> {
    const answer = await this.#ask('initialize', { protocolVersion: PROTOCOL_VERSION, client });
    // The version is looked at first: another version's answer may differ in everything else.
    const { protocolVersion } = this.#decodeGreeting(
      z.object({ protocolVersion: z.number() }),
      answer,
    );
    if (protocolVersion !== PROTOCOL_VERSION) {
      throw new UserError(
        'agentVersion',
        `The agent speaks version ${protocolVersion} of the protocol, this LeakLens speaks ${PROTOCOL_VERSION}.`,
        reinstall,
      );
    }
    this.#identity = this.#decodeGreeting(requests.initialize.result, answer);
  }

  #decodeGreeting<T>(decoder: Decoder<T>, answer: unknown): T {
    try {
      return decoder.parse(answer);
    } catch (error) {
      throw this.#garbled(new Error('its answer to initialize', { cause: error }));
    }
  }

  async #ask<M extends RequestMethod>(method: M, params: RequestParams<M>): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#disposed) throw new InternalError(`${method} after dispose`);
    const checked: unknown = requests[method].params.parse(params);
    const answer: Promise<unknown> =
      checked === undefined
        ? this.#rpc.sendRequest(method)
        : this.#rpc.sendRequest(method, checked);
    // When the race below is over, a late rejection is nobody's.
    answer.catch(() => undefined);
    const timer = new AbortController();
    try {
      return await Promise.race([
        answer,
        this.#silence(method, timer.signal),
        this.lost.then((reason) => {
          throw reason;
        }),
      ]);
    } catch (error) {
      throw this.#explainAnswer(method, error);
    } finally {
      timer.abort();
    }
  }

  /** Rejects when the time for a request is over, unless it is aborted before. */
  #silence(method: RequestMethod, aborted: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      const milliseconds = this.#timeouts[method];
      const timer = setTimeout(() => {
        const seconds = milliseconds / 1000;
        const message = `The agent did not answer ${method} within ${seconds} s.`;
        reject(new UserError('agentSilent', message, 'Try again; "leaklens doctor" may say more.'));
      }, milliseconds);
      aborted.addEventListener('abort', () => {
        clearTimeout(timer);
      });
    });
  }

  #explainAnswer(method: RequestMethod, error: unknown): unknown {
    if (!(error instanceof ResponseError)) return error;
    if (error.code === ErrorCode.versionMismatch) {
      return new UserError('agentVersion', error.message, reinstall, { cause: error });
    }
    const data = errorData.safeParse(error.data);
    if (error.code === ErrorCode.captureImpossible && data.success) {
      return new UserError(data.data.kind, error.message, data.data.advice, { cause: error });
    }
    return new UserError('agentFailed', `The agent refused ${method}: ${error.message}`, '', {
      cause: error,
    });
  }

  #notify(method: string, params: unknown): void {
    // A newer agent of the same protocol version may say more than this client knows.
    if (this.#disposed || !isNotificationMethod(method)) return;
    let notification: AgentNotification;
    try {
      notification = decodeNotification(method, params);
    } catch (error) {
      this.#fail(this.#garbled(new Error(`a ${method} notification`, { cause: error })));
      return;
    }
    for (const listener of this.#listeners) {
      try {
        listener(notification);
      } catch (error) {
        // The RPC library would swallow it; a listener's bug must not stay unseen.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #garbled(error: Error): UserError {
    const detail =
      error.cause instanceof z.ZodError
        ? ` (${z.prettifyError(error.cause).replaceAll(/\s+/g, ' ').slice(0, 200)})`
        : '';
    const message = `The agent sent something that is not the protocol: ${reasonOf(error)}${detail}.`;
    return new UserError('agentGarbled', message, reinstall, { cause: error });
  }

  /** Remembers the first reason, tells everybody, and ends the agent. */
  #fail(reason: UserError): UserError {
    if (this.#disposed) return reason;
    if (this.#failure === undefined) {
      this.#failure = reason;
      this.#resolveLost(reason);
      void this.#process.dispose();
    }
    return this.#failure;
  }
}

function decodeNotification<M extends NotificationMethod>(
  method: M,
  params: unknown,
): AgentNotification<M> {
  return { method, params: notificationDecoders[method].parse(params) };
}
