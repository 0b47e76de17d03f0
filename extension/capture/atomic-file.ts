/**
 * Writing a file so that nobody ever sees half of it: into a temporary file beside it, which takes
 * its place when it is complete.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../errors.ts';

/** The file that a path means, with symbolic links followed; the path itself where none exists. */
async function target(file: string): Promise<{ file: string; replaceable: boolean }> {
  try {
    const real = await realpath(file);
    // A device or a pipe is written to, never replaced.
    return { file: real, replaceable: (await stat(real)).isFile() };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { file, replaceable: true };
    throw error;
  }
}

/**
 * @param file where; an existing file is replaced, and stays as it was when anything fails
 * @param text its content, in pieces
 * @param filter what the content passes through on its way, such as a compressor
 * @throws the system error
 */
export async function writeAtomically(
  file: string,
  text: Iterable<string>,
  filter?: Transform,
): Promise<void> {
  const { file: final, replaceable } = await target(file);
  const temporary = replaceable
    ? path.join(path.dirname(final), `.${path.basename(final)}.${randomBytes(6).toString('hex')}`)
    : final;
  const sink = createWriteStream(temporary, {
    flags: replaceable ? 'wx' : 'w',
    flush: replaceable,
  });
  try {
    const source = Readable.from(text, { objectMode: false });
    await (filter === undefined ? pipeline(source, sink) : pipeline(source, filter, sink));
    if (replaceable) await rename(temporary, final);
  } catch (error) {
    if (replaceable) await rm(temporary, { force: true });
    throw error;
  }
}
