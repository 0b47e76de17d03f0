/** `leaklens report`: the same report as at the capture's end, from its file and without root. */
import { analyze } from '../analysis/analyze.ts';
import { loadCapture } from '../capture/file.ts';
import type { ExitCode } from './exit-codes.ts';
import { type ResultOptions, writeResult } from './result.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * @param file a saved capture
 * @returns the exit code
 * @throws UserError captureFile
 */
export async function reportCommand(
  file: string,
  options: ResultOptions,
  { console, cwd }: Surroundings,
): Promise<ExitCode> {
  const capture = await loadCapture(file);
  return writeResult(capture, analyze(capture), options, console, cwd);
}
