/**
 * Saved captures: one JSON document that starts with its format and version, gzip-compressed where
 * the name ends in `.leaklens`. Reading tells by the content, not by the name.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import { z } from 'zod';
import { reasonOf, systemErrorCode, UserError } from '../errors.ts';
import { writeAtomically } from './atomic-file.ts';
import type { Capture } from './capture.ts';
import { decodeCapture } from './decode.ts';

const FORMAT = 'leaklens-capture';
/** Raised whenever an older reader would misread what is written. */
export const FILE_VERSION = 1;
export const FILE_EXTENSION = '.leaklens';

/** Node.js cannot make a longer string; a document beyond it has to be refused in words. */
const MAX_TEXT_BYTES = 0x1fffffe8;
const header = z.object({
  format: z.literal(FORMAT),
  version: z.number().int().positive(),
  capture: z.unknown(),
});

/**
 * A capture as a JSON document, in pieces: one line for each module, location, stack and sample.
 * @param capture running or ended
 */
export function* captureText(capture: Capture): Generator<string> {
  const { modules, locations, stacks, samples, ...rest } = capture;
  yield `{"format":"${FORMAT}","version":${FILE_VERSION},"capture":{\n`;
  for (const [key, value] of Object.entries(rest)) {
    yield `${JSON.stringify(key)}:${JSON.stringify(value ?? null)},\n`;
  }
  yield* arrayText('modules', modules);
  yield ',\n';
  yield* arrayText('locations', locations);
  yield ',\n';
  yield* arrayText('stacks', stacks);
  yield ',\n';
  yield* arrayText('samples', samples);
  yield '}}\n';
}

function* arrayText(key: string, items: readonly unknown[]): Generator<string> {
  yield `"${key}":[`;
  for (let index = 0; index < items.length; index++) {
    yield `${index === 0 ? '\n' : ',\n'}${JSON.stringify(items[index] ?? null)}`;
  }
  yield ']';
}

/**
 * Saves a capture, atomically.
 * @param file where; compressed when it ends in `.leaklens`
 * @throws UserError captureFile
 */
export async function saveCapture(file: string, capture: Capture): Promise<void> {
  const compressor = file.endsWith(FILE_EXTENSION) ? createGzip() : undefined;
  try {
    await writeAtomically(file, captureText(capture), compressor);
  } catch (error) {
    throw new UserError(
      'captureFile',
      `The capture cannot be saved to ${file}: ${reasonOf(error)}.`,
      'Choose another place.',
      { cause: error },
    );
  }
}

/**
 * Reads a saved capture.
 * @throws UserError captureFile, which says what is wrong with the file
 */
export async function loadCapture(file: string): Promise<Capture> {
  const refuse = (what: string, advice: string, cause?: unknown): UserError =>
    new UserError('captureFile', `${file} ${what}`, advice, { cause });
  let value: unknown;
  try {
    value = JSON.parse(await readText(file));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw refuse('is damaged, or no saved capture: it is not JSON.', 'Record it again.', error);
    }
    throw refuse(`cannot be read: ${explainRead(error)}.`, '', error);
  }
  const document = header.safeParse(value);
  if (!document.success) {
    throw refuse('is no saved capture of LeakLens.', 'Choose a file that LeakLens has saved.');
  }
  if (document.data.version > FILE_VERSION) {
    throw refuse(
      `was saved by a newer LeakLens: its version is ${document.data.version}, and this one reads up to ${FILE_VERSION}.`,
      'Update LeakLens.',
    );
  }
  try {
    return decodeCapture(document.data.capture);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`;
    throw refuse(`is damaged${where}.`, 'Record it again.', error);
  }
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = compressed
    ? await promisify(gunzip)(bytes, {
        maxOutputLength: MAX_TEXT_BYTES,
      })
    : bytes;
  return text.toString('utf8');
}

const damaged = 'it is damaged or incomplete';
const tooLarge = 'it is too large';
const readErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it',
  Z_BUF_ERROR: damaged,
  Z_DATA_ERROR: damaged,
  ERR_BUFFER_TOO_LARGE: tooLarge,
  ERR_STRING_TOO_LONG: tooLarge,
  ERR_FS_FILE_TOO_LARGE: tooLarge,
};

function explainRead(error: unknown): string {
  return readErrors[systemErrorCode(error) ?? ''] ?? reasonOf(error);
}
