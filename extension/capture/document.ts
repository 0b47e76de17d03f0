/**
 * The document that a saved capture is: JSON that starts with its format and version, laid out so
 * that it can be read line by line.
 */
import type { Capture } from './capture.ts';

export const FORMAT = 'leaklens-capture';
/** Raised whenever an older reader would misread what is written. */
export const FILE_VERSION = 1;

/** The line after which each line is a sample, up to the line that closes the document. */
export const SAMPLES_LINE = '"samples":[';
export const LAST_LINE = ']}}';

/**
 * A capture as a JSON document, in pieces: one line for each module, location, stack and sample,
 * and the samples last, so that it can be read line by line.
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
  yield '\n]';
}
