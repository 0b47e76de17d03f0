/**
 * The terminal as the commands see it: standard output for results, standard error for progress and
 * messages, and what each of them can show. A closed pipe ends the program without a complaint, as
 * with any other command.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { systemErrorCode } from '../errors.ts';
import { coloured, type Style, uncoloured } from './style.ts';

/** A stream that may be a terminal, and then knows its size. */
type Stream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export class Channel {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.on('error', (error) => {
      if (!isBrokenPipe(error)) throw error;
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns of the terminal; undefined where there is none. */
  get columns(): number | undefined {
    return this.isTerminal ? this.#stream.columns : undefined;
  }

  /** Lines of the terminal; undefined where there is none. */
  get rows(): number | undefined {
    return this.isTerminal ? this.#stream.rows : undefined;
  }

  /** Colours on a terminal, unless the user's environment declines them (no-color.org). */
  get style(): Style {
    const declined = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
    return this.isTerminal && !declined ? coloured : uncoloured;
  }

  write(text: string): void {
    if (this.#stream.writable) this.#stream.write(text);
  }

  writeLines(lines: readonly string[]): void {
    this.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Writes a long text in pieces, no faster than its reader takes them. */
  async writeAll(pieces: Iterable<string>): Promise<void> {
    for (const piece of pieces) {
      if (!this.#stream.writable) return;
      if (this.#stream.write(piece)) continue;
      try {
        await once(this.#stream, 'drain');
      } catch (error) {
        if (!isBrokenPipe(error)) throw error;
        return;
      }
    }
  }
}

/** The reader is gone, as after `| head`: there is nobody left to tell. */
function isBrokenPipe(error: unknown): boolean {
  return systemErrorCode(error) === 'EPIPE';
}

export class Console {
  readonly out = new Channel(process.stdout);
  readonly err = new Channel(process.stderr);
}
