/** Saved captures as files: compressed where the name ends in `.leaklens`. */
import { createGzip } from 'node:zlib';
import { reasonOf, UserError } from '../errors.ts';
import { writeAtomically } from './atomic-file.ts';
import type { Capture } from './capture.ts';
import { captureText } from './document.ts';

export { loadCapture } from './load.ts';

export const FILE_EXTENSION = '.leaklens';

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
