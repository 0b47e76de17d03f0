/** Writing what a capture or a saved file yields: in one of the formats, to standard output or to a
 *  file, with the exit code that follows from it. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Report } from '../analysis/report.ts';
import { writeAtomically } from '../capture/atomic-file.ts';
import type { Capture } from '../capture/capture.ts';
import { captureText } from '../capture/document.ts';
import { FILE_EXTENSION, saveCapture } from '../capture/file.ts';
import { reasonOf, UserError } from '../errors.ts';
import { toSarif } from '../export/sarif.ts';
import type { Console } from './console.ts';
import { ExitCode } from './exit-codes.ts';
import { displayPath } from './present.ts';
import { uncoloured } from './style.ts';
import { textReport } from './text-report.ts';

type Format = 'text' | 'json' | 'sarif';

export interface ResultOptions {
  /** Undefined: what the output file's name suggests, else text. */
  readonly format?: Format;
  readonly output?: string;
  readonly failOn?: 'leak';
}

/** Adds the options that `writeResult` reads. */
export function addResultOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'text, json (the whole recorded capture) or sarif (default: by the name of --output, else text)',
      ).choices(['text', 'json', 'sarif']),
    )
    .option(
      '-o, --output <file>',
      'write the result there; a json or sarif result leaves standard output to the text report. ' +
        'A name that ends in .leaklens saves the capture, compressed',
    )
    .addOption(
      new Option('--fail-on <verdict>', 'exit with 1 when there is such a verdict').choices([
        'leak',
      ]),
    );
}

/** The format that is asked for, or that the output's name suggests. */
export function formatOf({ format, output }: ResultOptions): Format {
  if (format !== undefined) return format;
  if (output === undefined) return 'text';
  if (output.endsWith(FILE_EXTENSION) || output.endsWith('.json')) return 'json';
  return output.endsWith('.sarif') ? 'sarif' : 'text';
}

/**
 * Makes sure, before any work is done, that the result can be written where it is wanted.
 * @throws UserError captureFile
 */
export async function checkOutput({ output }: ResultOptions): Promise<void> {
  if (output === undefined) return;
  try {
    await access(path.dirname(path.resolve(output)), constants.W_OK);
  } catch (error) {
    throw unwritable(output, error);
  }
}

function unwritable(file: string, cause: unknown): UserError {
  const message = `The result cannot be written to ${file}: ${reasonOf(cause)}.`;
  return new UserError('captureFile', message, 'Choose another place.', { cause });
}

/**
 * Writes the result where it is wanted.
 * @param cwd paths below it are shown relative to it
 * @returns leakFound where that was asked for and is so, else done
 * @throws UserError captureFile when the file cannot be written
 */
export async function writeResult(
  capture: Capture,
  report: Report,
  options: ResultOptions,
  { out, err }: Console,
  cwd: string,
): Promise<ExitCode> {
  const format = formatOf(options);
  const { output } = options;
  const textOptions = { cwd, style: out.style, columns: out.columns };
  if (output === undefined) {
    if (format === 'json') await out.writeAll(captureText(capture));
    else if (format === 'sarif') out.write(sarifText(capture, report, cwd));
    else out.writeLines(textReport(capture, report, textOptions));
  } else {
    // The text first: what can still go wrong with the file must not cost the report.
    if (format !== 'text') out.writeLines(textReport(capture, report, textOptions));
    await writeFile(output, format, capture, report, cwd);
    err.write(`Saved to ${displayPath(output, cwd)}\n`);
  }
  const leaks = report.sites.some(({ verdict }) => verdict === 'leak');
  return leaks && options.failOn === 'leak' ? ExitCode.leakFound : ExitCode.done;
}

async function writeFile(
  file: string,
  format: Format,
  capture: Capture,
  report: Report,
  cwd: string,
): Promise<void> {
  if (format === 'json') {
    await saveCapture(file, capture);
    return;
  }
  const text =
    format === 'sarif'
      ? sarifText(capture, report, cwd)
      : `${textReport(capture, report, { cwd, style: uncoloured, columns: undefined }).join('\n')}\n`;
  try {
    await writeAtomically(file, [text]);
  } catch (error) {
    throw unwritable(file, error);
  }
}

function sarifText(capture: Capture, report: Report, cwd: string): string {
  return `${JSON.stringify(toSarif(capture, report, cwd), undefined, 2)}\n`;
}
