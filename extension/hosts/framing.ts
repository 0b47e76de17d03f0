/**
 * JSON-RPC messages on a pair of byte streams, with `Content-Length` framing (the base protocol of
 * the Language Server Protocol): the reader and the writer that vscode-jsonrpc is given.
 *
 * They replace the library's own pair because the peer is not trusted. The library's reader waits
 * for ever for a header that never ends and takes a length of any size, and its writer turns a
 * broken pipe into an unhandled rejection, which would end this process.
 */
import type { Readable, Writable } from 'node:stream';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
} from 'vscode-jsonrpc/node';
import { z } from 'zod';

/** Longer than any header that names a length and a content type. */
const MAX_HEADER_BYTES = 512;
/** A sample of the largest permitted capture stays below it. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const separator = Buffer.from('\r\n\r\n');
const headerStart = 'content-';

/** The envelope: a request or notification has a method, a response has an id. */
const envelope = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.number(), z.string(), z.null()]).optional(),
    method: z.string().optional(),
  })
  .refine((message) => message.method !== undefined || message.id !== undefined, {
    message: 'neither a request, nor a notification, nor a response',
  });

/** A few of the first bytes, readable, for an error message. */
function excerpt(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 60).toString('latin1'));
}

/**
 * Reads messages strictly: the first byte that is not the protocol raises `onError`, once, and
 * nothing is read after it. `onClose` comes after the stream's end. Both come when every message
 * before them has been handled, so that a peer's last words are heard before its death.
 */
export class StrictMessageReader extends AbstractMessageReader {
  readonly #stream: Readable;
  readonly #maxMessageBytes: number;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  /** Length of the body that is awaited; undefined while a header is. */
  #bodyBytes: number | undefined;
  /** Messages that were delivered and are not handled yet. */
  #unhandled = 0;
  #failure: unknown;
  #told = false;
  #ended = false;

  constructor(stream: Readable, maxMessageBytes = MAX_MESSAGE_BYTES) {
    super();
    this.#stream = stream;
    this.#maxMessageBytes = maxMessageBytes;
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => {
      if (this.#failure !== undefined) return;
      this.#buffered.push(chunk);
      this.#bufferedBytes += chunk.byteLength;
      try {
        this.#deliver(callback);
      } catch (error) {
        this.#failure = error;
        this.#buffered = [];
        this.#tellWhenHandled();
      }
    };
    this.#stream.on('data', onData);
    this.#stream.on('error', (error) => {
      this.fireError(error);
    });
    this.#stream.on('close', () => {
      this.#ended = true;
      this.#tellWhenHandled();
    });
    return { dispose: () => this.#stream.off('data', onData) };
  }

  /** To be called when one delivered message has been handled. */
  handled(): void {
    this.#unhandled -= 1;
    this.#tellWhenHandled();
  }

  #tellWhenHandled(): void {
    if (this.#unhandled > 0) return;
    if (this.#failure !== undefined && !this.#told) {
      this.#told = true;
      this.fireError(this.#failure);
    }
    if (this.#ended) this.fireClose();
  }

  #deliver(callback: DataCallback): void {
    for (;;) {
      this.#bodyBytes ??= this.#takeHeader();
      if (this.#bodyBytes === undefined || this.#bufferedBytes < this.#bodyBytes) return;
      const message = decodeBody(this.#take(this.#bodyBytes));
      this.#bodyBytes = undefined;
      this.#unhandled += 1;
      callback(message);
    }
  }

  /** The length that the next header announces; undefined while the header is incomplete. */
  #takeHeader(): number | undefined {
    if (this.#bufferedBytes === 0) return undefined;
    const bytes = this.#coalesce();
    const start = bytes.subarray(0, headerStart.length).toString('latin1').toLowerCase();
    if (!headerStart.startsWith(start)) {
      throw new Error(`not a message header: ${excerpt(bytes)}`);
    }
    const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(separator);
    if (end === -1) {
      if (bytes.byteLength >= MAX_HEADER_BYTES) {
        throw new Error(`a message header without an end: ${excerpt(bytes)}`);
      }
      return undefined;
    }
    const header = this.#take(end + separator.byteLength).toString('latin1');
    const length = /^content-length: *(\d{1,15})\r$/im.exec(header)?.[1];
    if (length === undefined)
      throw new Error(`a header without a length: ${JSON.stringify(header)}`);
    if (Number(length) > this.#maxMessageBytes) {
      throw new Error(`a message of ${length} bytes; the limit is ${this.#maxMessageBytes}`);
    }
    return Number(length);
  }

  #coalesce(): Buffer {
    const [first] = this.#buffered;
    if (this.#buffered.length === 1 && first !== undefined) return first;
    const whole = Buffer.concat(this.#buffered);
    this.#buffered = [whole];
    return whole;
  }

  #take(bytes: number): Buffer {
    const whole = this.#coalesce();
    this.#buffered = [whole.subarray(bytes)];
    this.#bufferedBytes -= bytes;
    return whole.subarray(0, bytes);
  }
}

function decodeBody(body: Buffer): Message {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Error(`a message that is not JSON: ${excerpt(body)}`, { cause: error });
  }
  const message = envelope.safeParse(value);
  if (!message.success) {
    throw new Error(`a message that is not JSON-RPC 2.0: ${excerpt(body)}`, {
      cause: message.error,
    });
  }
  return message.data;
}

/** Writes messages. A failure raises `onError`; `write` itself never rejects. */
export class QuietMessageWriter extends AbstractMessageWriter {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    super();
    this.#stream = stream;
    stream.on('error', (error) => {
      this.fireError(error);
    });
  }

  write(message: Message): Promise<void> {
    const body = Buffer.from(JSON.stringify(message), 'utf8');
    return new Promise((resolve) => {
      // The stream's own 'error' event reports a failure.
      this.#stream.write(`Content-Length: ${body.byteLength}\r\n\r\n`);
      this.#stream.write(body, () => {
        resolve();
      });
    });
  }

  end(): void {
    this.#stream.end();
  }
}
