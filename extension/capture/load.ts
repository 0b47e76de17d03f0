/**
 * Reading saved captures. What LeakLens has written is read line by line, so that a long capture
 * never lies in memory as text; a document that another tool has laid out differently is read as a
 * whole. Whether it is compressed is told by the content, not by the name.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { reasonOf, systemErrorCode, UserError } from '../errors.ts';
import type { Capture, Sample } from './capture.ts';
import { decodeHead, decodeSample } from './decode.ts';
import { FILE_VERSION, FORMAT, LAST_LINE, SAMPLES_LINE } from './document.ts';

const envelope = z.object({
  format: z.literal(FORMAT),
  version: z.number().int().positive(),
  capture: z.unknown(),
});
const withSamples = z.object({ samples: z.array(z.unknown()) });

/**
 * Reads a saved capture.
 * @throws UserError captureFile, which says what is wrong with the file
 */
export async function loadCapture(file: string): Promise<Capture> {
  try {
    const compressed = await isCompressed(file);
    const source = createReadStream(file);
    const read = (chunks: AsyncIterable<Buffer>): Promise<Capture> => readDocument(linesOf(chunks));
    return await (compressed ? pipeline(source, createGunzip(), read) : pipeline(source, read));
  } catch (error) {
    const { what, advice } = explain(error);
    throw new UserError('captureFile', `${file} ${what}.`, advice, { cause: error });
  }
}

/** The document stops before its end. */
class Incomplete extends Error {}
/** The document is of a version that this reader does not know. */
class NewerVersion extends Error {
  constructor(readonly version: number) {
    super();
  }
}
/** JSON, but no capture at all. */
class OtherFormat extends Error {}

async function isCompressed(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let unfinished: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...others] = decoder.write(chunk).split('\n');
    unfinished.push(first);
    for (const next of others) {
      yield unfinished.join('');
      unfinished = [next];
    }
  }
  yield unfinished.join('') + decoder.end();
}

async function readDocument(lines: AsyncIterable<string>): Promise<Capture> {
  const before: string[] = [];
  const samples: Sample[] = [];
  let head: Omit<Capture, 'samples'> | undefined;
  let complete = false;
  for await (const line of lines) {
    if (complete) continue;
    if (head === undefined) {
      before.push(line);
      if (line === SAMPLES_LINE) head = decodeHead(openEnvelope(before.join('\n') + LAST_LINE));
    } else if (line === LAST_LINE) {
      complete = true;
    } else if (line !== '') {
      samples.push(decodeSample(JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line)));
    }
  }
  if (head === undefined) return decodeWhole(openEnvelope(before.join('\n')));
  if (!complete) throw new Incomplete();
  return { ...head, samples };
}

/** The capture in a document, still unknown, if the document is of a format and version to read. */
function openEnvelope(text: string): unknown {
  const document = envelope.safeParse(JSON.parse(text));
  if (!document.success) throw new OtherFormat();
  if (document.data.version > FILE_VERSION) throw new NewerVersion(document.data.version);
  return document.data.capture;
}

function decodeWhole(value: unknown): Capture {
  const head = decodeHead(value);
  return { ...head, samples: withSamples.parse(value).samples.map(decodeSample) };
}

const damaged = 'is damaged or incomplete';
const tooLarge = 'is too large';
const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be read: there is no such file',
  EISDIR: 'cannot be read: it is a directory',
  EACCES: 'cannot be read: you may not read it',
  Z_BUF_ERROR: damaged,
  Z_DATA_ERROR: damaged,
  ERR_STRING_TOO_LONG: tooLarge,
};

/** What is wrong with the file, to follow its name, and what to do. */
function explain(error: unknown): { what: string; advice: string } {
  const again = 'Record it again.';
  if (error instanceof Incomplete) return { what: 'is incomplete', advice: again };
  if (error instanceof OtherFormat) {
    return {
      what: 'is no saved capture of LeakLens',
      advice: 'Choose a file that LeakLens has saved.',
    };
  }
  if (error instanceof NewerVersion) {
    return {
      what:
        `was saved by a newer LeakLens: its version is ${error.version}, ` +
        `and this one reads up to ${FILE_VERSION}`,
      advice: 'Update LeakLens.',
    };
  }
  if (error instanceof SyntaxError) {
    return { what: 'is damaged, or no saved capture: it is not JSON', advice: again };
  }
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.')}: ${issue.message}`;
    return { what: `is damaged${where}`, advice: again };
  }
  const known = systemErrors[systemErrorCode(error) ?? ''];
  if (known !== undefined) return { what: known, advice: '' };
  return { what: `cannot be read: ${reasonOf(error)}`, advice: '' };
}
