/**
 * What can be done with captures: start, stop, save, open, close, recover. The one place that knows
 * agents, sessions and files; it says what happened by the list and by what it throws.
 */
import path from 'node:path';
import { analyze } from '../../analysis/analyze.ts';
import type { CaptureEnd } from '../../capture/capture.ts';
import { loadCapture, saveCapture } from '../../capture/file.ts';
import { CaptureSession } from '../../capture/session.ts';
import { AgentConnection } from '../../hosts/connection.ts';
import { LocalHost } from '../../hosts/local.ts';
import { type Disposable, DisposableList } from '../disposables.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { CaptureList } from './captureList.ts';
import type { Journals, Orphan } from './journals.ts';
import { type OpenCapture, openCapture } from './openCapture.ts';
import { RunningCapture } from './runningCapture.ts';

export interface CapturesOptions {
  readonly list: CaptureList;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly journals: () => Promise<Journals>;
  /** Directory of the bundle; the agent is below it. */
  readonly bundleDirectory: string;
  readonly version: string;
}

export class Captures implements Disposable {
  readonly #options: CapturesOptions;
  readonly #owned = new DisposableList();
  readonly #running = new Map<string, RunningCapture>();

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  get list(): CaptureList {
    return this.#options.list;
  }

  /**
   * Starts an agent on this machine. The caller owns it until it is given to `start`.
   * @throws UserError why there is none
   */
  async connect(): Promise<AgentConnection> {
    const { bundleDirectory, log, settings, version } = this.#options;
    const { agentPath, elevationCommand } = settings();
    const host = new LocalHost({
      bundleDirectory,
      agentPath: agentPath === '' ? undefined : agentPath,
      elevation: elevationCommand,
    });
    log.info(`Starting the agent ${host.agentPath}`);
    const connection = await AgentConnection.open(host, {
      client: { name: 'leaklens-vscode', version },
    });
    const { agent, host: machine } = connection.identity;
    log.info(`Agent ${agent.version} runs as process ${agent.pid} on kernel ${machine.kernel}`);
    connection.onNotification(({ method, params }) => {
      if (method === 'log') log.agent(params);
    });
    return connection;
  }

  /**
   * Starts a capture, which is in the list when this returns.
   * @param connection is owned by the capture from now on, also when it cannot be started
   * @throws UserError why it cannot be started
   */
  async start(connection: AgentConnection, pid: number): Promise<RunningCapture> {
    const { list, log, settings } = this.#options;
    const { captureInterval, captureDuration } = settings();
    try {
      const session = await CaptureSession.start(connection, {
        pid,
        intervalMs: Math.round(captureInterval * 1000),
      });
      const journals = await this.#options.journals();
      const journal = await journals.create().catch((error: unknown) => {
        log.error('There is no place for a journal', error);
        return undefined;
      });
      const running = new RunningCapture(session, connection, list, {
        journal,
        durationMs: captureDuration * 1000,
        warn: (message, error) => {
          log.error(message, error);
        },
      });
      if (journal !== undefined) journals.belongs(running.id, journal);
      this.#running.set(running.id, running);
      this.#owned.add(running);
      void running.ended.then(() => {
        this.#running.delete(running.id);
        this.#owned.release(running);
      });
      for (const probe of session.capture.start.probes)
        log.info(`Probe ${probe.function}+${probe.offset} in ${probe.module}: ${probe.reason}`);
      return running;
    } catch (error) {
      await connection.dispose();
      throw error;
    }
  }

  /** Ends a capture with its last sample; undefined where it does not run. */
  async stop(id: string): Promise<CaptureEnd | undefined> {
    return this.#running.get(id)?.stop();
  }

  /**
   * Saves a capture, running or not.
   * @throws UserError captureFile
   */
  async save(id: string, file: string): Promise<void> {
    const open = this.list.get(id);
    if (open === undefined) return;
    await saveCapture(file, open.capture);
    const now = this.list.get(id);
    // What a running capture adds from now on is not in the file.
    if (now === undefined || now.running) return;
    this.list.put(openCapture(now.capture, now.report, false, file));
    await (await this.#options.journals()).discard(id);
  }

  /**
   * Opens a saved capture; one that is open already is told apart by its file only.
   * @throws UserError captureFile
   */
  async open(file: string): Promise<OpenCapture> {
    const capture = await loadCapture(file);
    const open = openCapture(capture, analyze(capture), false, path.resolve(file));
    // The file of a capture that still runs holds only its beginning.
    if (this.list.get(open.id)?.running === true) return open;
    this.list.put(open);
    this.list.show(open.id);
    return open;
  }

  /** Takes a capture from the list, and its journal from the disk. It must not run. */
  async close(id: string): Promise<void> {
    this.list.remove(id);
    await (await this.#options.journals()).discard(id);
  }

  /** Stops what runs, and takes everything from the list. */
  async clear(): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => running.stop()));
    for (const { id } of this.list.all) await this.close(id);
  }

  /** Puts a capture into the list that was left behind by a window that is gone. */
  recover({ capture }: Orphan): void {
    this.list.put(openCapture(capture, analyze(capture), false, undefined));
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
