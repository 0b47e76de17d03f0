/** Lengths of time as they are typed: a number with `ms`, `s`, `m` or `h`. */
import { UserError } from '../errors.ts';

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

function isUnit(text: string): text is keyof typeof milliseconds {
  return Object.hasOwn(milliseconds, text);
}

/**
 * @param text such as "90s", "1.5m" or "250ms"; a bare number means seconds
 * @param name of the option, for the error
 * @param range the shortest and the longest permitted, milliseconds
 * @returns whole milliseconds
 * @throws UserError badChoice
 */
export function parseDuration(
  text: string,
  name: string,
  range: { readonly min: number; readonly max: number },
): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text.trim());
  const [, value, unit = 's'] = match ?? [];
  if (value === undefined || !isUnit(unit)) {
    throw new UserError(
      'badChoice',
      `${name} ${JSON.stringify(text)} is no length of time.`,
      'Write a number with ms, s, m or h, such as 90s.',
    );
  }
  const result = Math.round(Number(value) * milliseconds[unit]);
  if (result < range.min || result > range.max) {
    throw new UserError(
      'badChoice',
      `${name} ${text} is out of range.`,
      `It may be from ${range.min} ms to ${range.max / 1000} s.`,
    );
  }
  return result;
}
