/**
 * A capture in progress on disk, so that a crash or a reload costs at most the sample that is being
 * written: a header line, then each of the agent's messages as a line of JSON, appended as it comes.
 *
 * It is no format to keep captures in: a finished one is saved by file.ts, which is a tenth of the size.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { captureStartResult, initializeResult, notifications } from '../../protocol/agent.ts';
import { reasonOf, UserError } from '../errors.ts';
import type { Capture } from './capture.ts';
import { type CaptureNotification, Timeline } from './timeline.ts';
import type { CaptureSession } from './session.ts';

const FORMAT = 'leaklens-journal';
const VERSION = 1;

const header = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  identity: initializeResult,
  start: captureStartResult,
  intervalMs: z.number().positive(),
});

const entry = z.discriminatedUnion('method', [
  z.object({
    method: z.literal('capture/modules'),
    params: notifications['capture/modules'],
  }),
  z.object({ method: z.literal('capture/stacks'), params: notifications['capture/stacks'] }),
  z.object({ method: z.literal('capture/symbols'), params: notifications['capture/symbols'] }),
  z.object({ method: z.literal('capture/sample'), params: notifications['capture/sample'] }),
  z.object({ method: z.literal('capture/ended'), params: notifications['capture/ended'] }),
]);

/** The journal's own number for the one capture in it; the agent's is of no use after its end. */
const captureId = 0;

/** Writes the journal of a session until that ends or the journal is closed. */
export class Journal {
  readonly #stream: WriteStream;
  readonly #subscription: { dispose(): void };
  #error: Error | undefined;

  /**
   * Begins with everything that the session has recorded so far.
   * @param file is made anew, readable by the user alone
   * @param failed is told once when nothing more can be written
   */
  constructor(file: string, session: CaptureSession, failed: (error: Error) => void) {
    this.#stream = createWriteStream(file, { flags: 'w', mode: 0o600 });
    this.#stream.on('error', (error) => {
      if (this.#error === undefined) failed(error);
      this.#error = error;
    });
    this.#write(headerOf(session.capture));
    for (const notification of notificationsOf(session.capture)) this.#write(notification);
    this.#subscription = session.onEvent((event) => {
      if (event.method !== 'ended') this.#write(event);
      else if (event.end.reason !== 'agentLost')
        this.#write({ method: 'capture/ended', params: { captureId, ...event.end } });
    });
  }

  /** Resolves, never rejects, when everything is written. */
  close(): Promise<void> {
    this.#subscription.dispose();
    return new Promise((resolve) => {
      if (this.#stream.closed || this.#error !== undefined) {
        resolve();
        return;
      }
      this.#stream.once('close', resolve);
      this.#stream.end();
    });
  }

  #write(value: object): void {
    if (this.#error === undefined) this.#stream.write(`${JSON.stringify(value)}\n`);
  }
}

/**
 * Reads the capture of a journal, up to the last message that is whole.
 * @throws UserError captureFile where there is no header or no sense in it
 */
export async function readJournal(file: string): Promise<Capture> {
  const refuse = (why: string, cause?: unknown): UserError =>
    new UserError('captureFile', `${file} is no journal of a capture: ${why}.`, '', { cause });
  let timeline: Timeline | undefined;
  try {
    const handle = await open(file);
    try {
      for await (const line of handle.readLines()) {
        const value = parseLine(line);
        // The line that was being written when the end came.
        if (value === undefined) break;
        if (timeline === undefined) {
          const { identity, start, intervalMs } = header.parse(value);
          timeline = new Timeline(identity, start, intervalMs);
        } else {
          timeline.apply(entry.parse(value));
        }
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    // What was read before a line that makes no sense is still a capture.
    if (timeline === undefined) throw refuse(reasonOf(error), error);
  }
  if (timeline === undefined) throw refuse('it is empty');
  return timeline.capture;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function headerOf(capture: Capture): z.input<typeof header> {
  const { host, features, agentVersion, start, intervalMs } = capture;
  return {
    format: FORMAT,
    version: VERSION,
    identity: { protocolVersion: 0, agent: { version: agentVersion, pid: 0 }, host, features },
    start: { ...start, captureId },
    intervalMs,
  };
}

/** The messages that make the capture that is there. */
function* notificationsOf(capture: Capture): Generator<CaptureNotification> {
  const { modules, locations, stacks, samples } = capture;
  const known = locations.flatMap((it, location) => (it === undefined ? [] : [{ location, it }]));
  yield { method: 'capture/modules', params: { captureId, modules: [...modules] } };
  yield {
    method: 'capture/stacks',
    params: {
      captureId,
      locations: known.map(({ location, it }) => [location, it.address, it.module, it.offset]),
      stacks: stacks.filter((it) => it !== undefined),
    },
  };
  const symbols = known.flatMap(({ location, it }) =>
    it.frames === undefined ? [] : [{ location, frames: [...it.frames] }],
  );
  yield { method: 'capture/symbols', params: { captureId, symbols } };
  for (const sample of samples)
    yield {
      method: 'capture/sample',
      params: { captureId, ...sample, counters: sample.counters },
    };
}
